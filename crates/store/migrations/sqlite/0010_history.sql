-- What people look back on, quick at any number of tasks.

-- The tasks of an account in their order, with everything that lists are filtered by: what does not match is passed
-- over without reading its row.
DROP INDEX task_account;
CREATE INDEX task_history ON task (account, created, id, state, project, tool);

CREATE INDEX ledger_grants ON ledger (account, id) WHERE kind = 'grant';

-- How the tasks that were submitted on one day (UTC) went.
CREATE TABLE usage (
    account   TEXT    NOT NULL REFERENCES account (id),
    day       INTEGER NOT NULL,                                 -- its first moment
    project   INTEGER NOT NULL REFERENCES project (id),
    tool      TEXT    NOT NULL,                                 -- owner/model
    runs      INTEGER NOT NULL,                                 -- tasks that were submitted
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed    INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    cost      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, day, project, tool)
) STRICT, WITHOUT ROWID;

INSERT INTO usage (account, day, project, tool, runs, succeeded, failed, cancelled, cost)
SELECT account, created - created % 86400000, project, tool, count(*), count(*) FILTER (WHERE state = 'succeeded'),
       count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'cancelled'), sum(cost)
FROM task GROUP BY 1, 2, 3, 4;

CREATE TRIGGER task_counts_as_use AFTER INSERT ON task
BEGIN
    INSERT INTO usage (account, day, project, tool, runs)
    VALUES (NEW.account, NEW.created - NEW.created % 86400000, NEW.project, NEW.tool, 1)
    ON CONFLICT (account, day, project, tool) DO UPDATE SET runs = runs + 1;
END;

CREATE TRIGGER task_end_counts_as_use AFTER UPDATE OF state ON task
WHEN NEW.state IN ('succeeded', 'failed', 'cancelled')
BEGIN
    UPDATE usage
    SET succeeded = succeeded + (NEW.state = 'succeeded'),
        failed = failed + (NEW.state = 'failed'),
        cancelled = cancelled + (NEW.state = 'cancelled'),
        cost = cost + NEW.cost
    WHERE account = NEW.account AND day = NEW.created - NEW.created % 86400000
      AND project = NEW.project AND tool = NEW.tool;
END;

-- How long the tasks of one day that succeeded waited for a worker, and how long they ran: a histogram whose steps
-- are durations of two digits, so that percentiles are known to a tenth. It is one row a day and kind: as rows of their
-- own, the steps of a quarter took 170 ms to read at 100 000 tasks.
CREATE TABLE task_span (
    account   TEXT    NOT NULL REFERENCES account (id),
    day       INTEGER NOT NULL,
    kind      TEXT    NOT NULL CHECK (kind IN ('wait', 'run')),
    histogram TEXT    NOT NULL,                                 -- JSON object: tasks by milliseconds, rounded down
    PRIMARY KEY (account, day, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO task_span (account, day, kind, histogram)
SELECT account, day, kind, json_group_object(duration, tasks) FROM (
    SELECT account, created - created % 86400000 AS day, kind,
           CASE WHEN span < 100 THEN span WHEN span < 1000 THEN span / 10 * 10 WHEN span < 10000 THEN span / 100 * 100
                WHEN span < 100000 THEN span / 1000 * 1000 WHEN span < 1000000 THEN span / 10000 * 10000
                ELSE span / 100000 * 100000 END AS duration, count(*) AS tasks
    FROM (SELECT account, created, 'wait' AS kind, max(accepted - created, 0) AS span FROM task WHERE state = 'succeeded'
          UNION ALL
          SELECT account, created, 'run', max(ended - accepted, 0) FROM task WHERE state = 'succeeded')
    WHERE span IS NOT NULL GROUP BY 1, 2, 3, 4)
GROUP BY 1, 2, 3;

CREATE TRIGGER task_end_has_its_spans AFTER UPDATE OF state ON task
WHEN NEW.state = 'succeeded'
BEGIN
    INSERT INTO task_span (account, day, kind, histogram)
    SELECT NEW.account, NEW.created - NEW.created % 86400000, kind, json_object(
               CAST(CASE WHEN span < 100 THEN span WHEN span < 1000 THEN span / 10 * 10
                         WHEN span < 10000 THEN span / 100 * 100 WHEN span < 100000 THEN span / 1000 * 1000
                         WHEN span < 1000000 THEN span / 10000 * 10000 ELSE span / 100000 * 100000 END AS TEXT), 1)
    FROM (SELECT 'wait' AS kind, max(NEW.accepted - NEW.created, 0) AS span
          UNION ALL
          SELECT 'run', max(NEW.ended - NEW.accepted, 0))
    WHERE span IS NOT NULL
    ON CONFLICT (account, day, kind) DO UPDATE SET histogram = (
        SELECT json_set(task_span.histogram, fullkey, coalesce(task_span.histogram ->> fullkey, 0) + 1)
        FROM json_each(excluded.histogram));
END;
