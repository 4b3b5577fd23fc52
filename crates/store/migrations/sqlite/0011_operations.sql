-- What the operator looks at: who works, what failed, how much is stored.

-- A worker that has begun and not stopped in order. One that was killed stays for a while, silent.
CREATE TABLE worker (
    name    TEXT    PRIMARY KEY,                                -- as leases have it
    host    TEXT    NOT NULL,
    process INTEGER NOT NULL,                                   -- its number on the host
    version TEXT    NOT NULL,
    runners TEXT    NOT NULL,                                   -- what it runs on which device, for people
    started INTEGER NOT NULL,
    seen    INTEGER NOT NULL                                    -- its last heartbeat
) STRICT, WITHOUT ROWID;

-- The failed tasks of all accounts, newest last.
CREATE INDEX task_failed ON task (id) WHERE state = 'failed';

-- How much lies in the object store: counted along, so that nobody has to read every row of `file`.
CREATE TABLE storage_use (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    files    INTEGER NOT NULL,
    bytes    INTEGER NOT NULL
) STRICT;

INSERT INTO storage_use (only_row, files, bytes) SELECT 1, count(*), coalesce(sum(size), 0) FROM file;

CREATE TRIGGER file_counts AFTER INSERT ON file
BEGIN
    UPDATE storage_use SET files = files + 1, bytes = bytes + NEW.size;
END;

CREATE TRIGGER file_counts_no_more AFTER DELETE ON file
BEGIN
    UPDATE storage_use SET files = files - 1, bytes = bytes - OLD.size;
END;
