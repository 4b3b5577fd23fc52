-- Folders of uploads, files that can be deleted, and what lists and statistics read.

-- A folder that an account keeps uploads in.
CREATE TABLE folder (
    id      TEXT    PRIMARY KEY,
    account TEXT    NOT NULL REFERENCES account (id),
    name    TEXT    NOT NULL,
    parent  TEXT    REFERENCES folder (id),                     -- none: the account's root
    added   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE file ADD COLUMN parent TEXT REFERENCES folder (id); -- where its owner put it; none: the root

CREATE TRIGGER folder_stays_in_its_account BEFORE INSERT ON folder
WHEN NEW.parent IS NOT NULL AND (SELECT account FROM folder WHERE id = NEW.parent) IS NOT NEW.account
BEGIN
    SELECT RAISE(ABORT, 'a folder and its parent belong to one account');
END;

CREATE TRIGGER file_stays_in_its_account BEFORE INSERT ON file
WHEN NEW.parent IS NOT NULL AND (SELECT account FROM folder WHERE id = NEW.parent) IS NOT NEW.account
BEGIN
    SELECT RAISE(ABORT, 'a file and its folder belong to one account');
END;

-- From here on `upload` also has the files that were uploaded before and are used by a task. Such a file has
-- several tasks, and is not deleted under one that is unfinished.
CREATE INDEX upload_file ON upload (file);
CREATE INDEX file_added ON file (added);

-- Few tasks are under way at any time, however many there are.
CREATE INDEX task_under_way ON task (account) WHERE state NOT IN ('succeeded', 'failed', 'cancelled');

CREATE VIEW file_in_use AS
SELECT upload.file FROM task INDEXED BY task_under_way CROSS JOIN upload ON upload.task = task.id
WHERE task.state NOT IN ('succeeded', 'failed', 'cancelled');

-- The tasks of an account, newest last.
CREATE INDEX task_account ON task (account, created);

-- How each tool has done, over all accounts. The catalogue is read without credentials and must stay cheap.
CREATE TABLE tool_stat (
    tool      TEXT    PRIMARY KEY,                              -- owner/model
    runs      INTEGER NOT NULL,                                 -- tasks that were submitted
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed    INTEGER NOT NULL DEFAULT 0,
    busy      INTEGER NOT NULL DEFAULT 0,                       -- milliseconds from accept to end, of those that succeeded
    last_run  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tool_stat (tool, runs, succeeded, failed, busy, last_run)
SELECT tool, count(*), count(*) FILTER (WHERE state = 'succeeded'), count(*) FILTER (WHERE state = 'failed'),
       coalesce(sum(max(ended - accepted, 0)) FILTER (WHERE state = 'succeeded'), 0), max(created)
FROM task GROUP BY tool;

CREATE TRIGGER task_counts_as_a_run AFTER INSERT ON task
BEGIN
    INSERT INTO tool_stat (tool, runs, last_run) VALUES (NEW.tool, 1, NEW.created)
    ON CONFLICT (tool) DO UPDATE SET runs = runs + 1, last_run = max(last_run, excluded.last_run);
END;

CREATE TRIGGER task_counts_by_its_end AFTER UPDATE OF state ON task
WHEN NEW.state IN ('succeeded', 'failed')
BEGIN
    UPDATE tool_stat
    SET succeeded = succeeded + (NEW.state = 'succeeded'),
        failed = failed + (NEW.state = 'failed'),
        busy = busy + iif(NEW.state = 'succeeded', coalesce(max(NEW.ended - NEW.accepted, 0), 0), 0)
    WHERE tool = NEW.tool;
END;
