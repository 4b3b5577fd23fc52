-- Tasks of a quarter as their runs would have left them, for timings. Every rule of the schema holds meanwhile, and
-- its triggers keep balances and counts. `fill` says how many tasks, whose, and until when.

CREATE TEMP TABLE past (
    id INTEGER PRIMARY KEY, created INTEGER, account TEXT, project INTEGER, tool TEXT, ending TEXT, wait INTEGER,
    run INTEGER, price INTEGER
);
INSERT INTO past
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < (SELECT tasks FROM fill))
SELECT i + (SELECT coalesce(max(id), 0) FROM main.task) AS id,
       until - (tasks - i) * (90 * 86400000 / tasks) AS created,
       account, project,
       CASE i % 8 WHEN 0 THEN 'wiro/professional-headshot' WHEN 1 THEN 'wiro/instant-id'
                  WHEN 2 THEN 'wiro/ai-video-effects' ELSE 'wiro/virtual-try-on' END AS tool,
       CASE WHEN abs(random()) % 100 < 90 THEN 'succeeded' WHEN i % 3 = 0 THEN 'cancelled' ELSE 'failed' END AS ending,
       20 + abs(random()) % 4000 AS wait,
       900 + abs(random()) % 60000 AS run,
       90000000000 AS price
FROM number, fill;

INSERT INTO task (id, uuid, token, account, project, tool, shown_parameters, checked_values, callback_url, dialect,
                  price, created, attempt, accepted, preprocessing, preprocessed, assigned, running, ended, postprocessing)
SELECT id,
       lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2))
             || '-' || hex(randomblob(6))),
       substr(hex(randomblob(15)), 1, 30), account, project, tool,
       json_object('prompt', hex(randomblob(200)), 'seed', id), '{}', '', 'wiro', price, created, 1,
       created + wait, created + wait + 5, created + wait + 90, created + wait + 95, created + wait + 100,
       created + wait + run, created + wait + run + 1
FROM past ORDER BY id;

INSERT INTO ledger (account, task, kind, amount, note, at)
SELECT account, id, 'reserve', -price, '', created FROM past ORDER BY id;

INSERT INTO lease (task, worker, held_until) SELECT id, 'filler', created FROM past;
UPDATE task SET state = 'postprocessing' WHERE id IN (SELECT id FROM past);

CREATE TEMP TABLE made AS
SELECT id AS task, account, lower(hex(randomblob(16))) AS file, created + wait + run + 100 AS at FROM past
WHERE ending = 'succeeded';

INSERT INTO file (id, account, name, content_type, size, sha256, access_key, public_path, added)
SELECT file, account, '0.png', 'image/png', 900000, lower(hex(randomblob(32))), substr(hex(randomblob(15)), 1, 30),
       lower(hex(randomblob(4)) || '-' || hex(randomblob(4)) || '-' || hex(randomblob(4)) || '-' || hex(randomblob(4))
             || '-' || hex(randomblob(4)) || '-' || hex(randomblob(4)) || '-' || hex(randomblob(4)) || '-'
             || hex(randomblob(4))),
       at
FROM made;

INSERT INTO output (task, position, file, folder, width, height)
SELECT task, 0, file, lower(hex(randomblob(16))), 768, 1024 FROM made;

DELETE FROM lease WHERE worker = 'filler';

UPDATE task SET (state, cost, finished, cancelled, runner, log, error) = (
    SELECT ending, iif(ending = 'succeeded', past.price, 0), iif(ending = 'cancelled', NULL, created + wait + run + 100),
           iif(ending = 'cancelled', created + wait + run + 100, NULL), 'draft', 'fitted ' || hex(randomblob(100)),
           iif(ending = 'failed', 'no person was found in the picture', '')
    FROM past WHERE past.id = task.id)
WHERE id IN (SELECT id FROM past);

INSERT INTO ledger (account, task, kind, amount, note, at)
SELECT account, id, 'release', price, '', created + wait + run + 100 FROM past ORDER BY id;
INSERT INTO ledger (account, task, kind, amount, note, at)
SELECT account, id, 'charge', -price, '', created + wait + run + 100 FROM past WHERE ending = 'succeeded' ORDER BY id;

INSERT INTO event (task, sequence, at, state)
SELECT past.id, value, created + wait * (value > 1) + run * (value > 6),
       CASE value WHEN 1 THEN 'queued' WHEN 2 THEN 'accepted' WHEN 3 THEN 'preprocessing' WHEN 4 THEN 'preprocessed'
                  WHEN 5 THEN 'assigned' WHEN 6 THEN 'running' WHEN 7 THEN 'ended' WHEN 8 THEN 'postprocessing'
                  ELSE ending END
FROM past, json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9]');
