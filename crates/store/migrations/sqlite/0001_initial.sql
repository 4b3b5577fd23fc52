-- The whole durable state of an installation. The rules that protect money and results are written here as
-- constraints and triggers, so that no query of this or a later version can break them:
--
--   * an account's balance is the sum of its ledger rows and never negative;
--   * a task has one reservation, at most one release and one charge, each of the amount its row says;
--   * nothing changes the state of a task that has ended, and it has one event that says so;
--   * a task has outputs if and only if it succeeded;
--   * a worker holds a task (a lease row) if and only if the task is between `queued` and its end.
--
-- Times are milliseconds since 1970 UTC. Money is in 1e-12 US dollar. State names are the words of
-- `atelier_domain::TaskState`.

-- Who pays.
CREATE TABLE account (
    number  INTEGER PRIMARY KEY,                                -- order of creation
    id      TEXT    NOT NULL UNIQUE,                            -- UUID
    email   TEXT    NOT NULL UNIQUE CHECK (email = lower(email)),
    granted INTEGER NOT NULL DEFAULT 0 CHECK (granted >= 0),    -- sum of all grants; kept by ledger_moves_balance
    balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),    -- sum of all movements; kept by ledger_moves_balance
    created INTEGER NOT NULL
) STRICT;

-- What groups keys and usage.
CREATE TABLE project (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    account  TEXT    NOT NULL REFERENCES account (id),
    name     TEXT    NOT NULL,
    auth     TEXT    NOT NULL CHECK (auth IN ('signature', 'key')),
    key_hash TEXT    NOT NULL UNIQUE,                           -- SHA-256 of the API key, hexadecimal
    key_hint TEXT    NOT NULL,                                  -- first characters of the API key
    allowed_networks TEXT NOT NULL,                             -- as 203.0.113.0/24, separated by spaces; empty: any
    secret   BLOB    NOT NULL,                                  -- API secret, sealed with the master key
    created  INTEGER NOT NULL,
    UNIQUE (id, account)                                        -- lets a task prove that both belong together
) STRICT;

-- One accepted run of a tool; in state 'queued' it is also the queue entry.
CREATE TABLE task (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid             TEXT    NOT NULL UNIQUE,
    token            TEXT    NOT NULL UNIQUE,                   -- the secret to follow it by
    account          TEXT    NOT NULL,
    project          INTEGER NOT NULL,
    tool             TEXT    NOT NULL,                          -- owner/model
    state            TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN (
                         'queued', 'accepted', 'preprocessing', 'preprocessed', 'assigned', 'running', 'ended',
                         'postprocessing', 'succeeded', 'failed', 'cancelled')),
    attempt          INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),   -- how often a worker has taken it
    shown_parameters TEXT    NOT NULL,                          -- JSON object
    checked_values   TEXT    NOT NULL,                          -- JSON of atelier_domain::Values
    callback_url     TEXT    NOT NULL,                          -- empty if nobody is told
    price            INTEGER NOT NULL CHECK (price >= 0),       -- reserved at submit
    cost             INTEGER NOT NULL DEFAULT 0 CHECK (cost BETWEEN 0 AND price),
    log              TEXT    NOT NULL DEFAULT '',
    error            TEXT    NOT NULL DEFAULT '',
    runner           TEXT,
    created          INTEGER NOT NULL,
    -- When it entered each state in its present attempt; handing it back to the queue clears them.
    accepted         INTEGER,
    preprocessing    INTEGER,
    preprocessed     INTEGER,
    assigned         INTEGER,
    running          INTEGER,
    ended            INTEGER,
    postprocessing   INTEGER,
    finished         INTEGER,                                   -- succeeded or failed
    cancelled        INTEGER,
    FOREIGN KEY (project, account) REFERENCES project (id, account),
    CHECK (state = 'succeeded' OR cost = 0),
    CHECK ((state IN ('succeeded', 'failed')) = (finished IS NOT NULL)),
    CHECK ((state = 'cancelled') = (cancelled IS NOT NULL))
) STRICT;

-- The queue: the claim takes its first entry. Numbers only grow, so a task that was handed back comes first.
CREATE INDEX task_queue ON task (id) WHERE state = 'queued';

-- The right of one worker to change a task. Deleted when the task ends or goes back to the queue.
CREATE TABLE lease (
    fence      INTEGER PRIMARY KEY AUTOINCREMENT,               -- never used twice, also after deletion
    task       INTEGER NOT NULL UNIQUE REFERENCES task (id),
    worker     TEXT    NOT NULL,                                -- a name for people
    held_until INTEGER NOT NULL
) STRICT;

CREATE INDEX lease_expiry ON lease (held_until);

-- What happened to a task, in order. Of progress only the latest report is kept, under a new sequence number.
CREATE TABLE event (
    task     INTEGER NOT NULL REFERENCES task (id),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    at       INTEGER NOT NULL,
    state    TEXT,                                              -- the state that was entered, or
    progress TEXT,                                              -- JSON of atelier_domain::Progress
    PRIMARY KEY (task, sequence),
    CHECK ((state IS NULL) <> (progress IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX event_latest_progress ON event (task) WHERE progress IS NOT NULL;
CREATE UNIQUE INDEX event_one_end ON event (task) WHERE state IN ('succeeded', 'failed', 'cancelled');

-- Every movement of credit. Rows are only ever added.
CREATE TABLE ledger (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT    NOT NULL REFERENCES account (id),
    task    INTEGER REFERENCES task (id),                       -- none for a grant
    kind    TEXT    NOT NULL CHECK (kind IN ('grant', 'reserve', 'release', 'charge')),
    amount  INTEGER NOT NULL,                                   -- signed: what it adds to the balance
    note    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (task, kind),
    CHECK ((kind = 'grant') = (task IS NULL)),
    CHECK (kind <> 'grant' OR amount > 0)
) STRICT;

CREATE INDEX ledger_account ON ledger (account, id);

-- A file whose bytes lie in the object store: uploads and outputs alike.
CREATE TABLE file (
    id           TEXT    PRIMARY KEY,                           -- names its object
    account      TEXT    NOT NULL REFERENCES account (id),
    name         TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         INTEGER NOT NULL CHECK (size >= 0),
    sha256       TEXT    NOT NULL,
    access_key   TEXT    NOT NULL UNIQUE,                       -- the secret of its address
    public_path  TEXT,                                          -- the folder of its public address, if it has one
    added        INTEGER NOT NULL,
    UNIQUE (public_path, name)
) STRICT, WITHOUT ROWID;

-- Which uploads were made for which task.
CREATE TABLE upload (
    task INTEGER NOT NULL REFERENCES task (id),
    file TEXT    NOT NULL REFERENCES file (id),
    PRIMARY KEY (task, file)
) STRICT, WITHOUT ROWID;

-- What a task made.
CREATE TABLE output (
    task     INTEGER NOT NULL REFERENCES task (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    file     TEXT    NOT NULL UNIQUE REFERENCES file (id),
    folder   TEXT    NOT NULL,
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    PRIMARY KEY (task, position)
) STRICT, WITHOUT ROWID;

-- The balance follows the ledger, whoever writes it; a movement that would make it negative is refused.
CREATE TRIGGER ledger_moves_balance AFTER INSERT ON ledger
BEGIN
    UPDATE account
    SET balance = balance + NEW.amount,
        granted = granted + iif(NEW.kind = 'grant', NEW.amount, 0)
    WHERE id = NEW.account;
END;

CREATE TRIGGER ledger_fits_its_task BEFORE INSERT ON ledger
WHEN NEW.task IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM task
    WHERE id = NEW.task AND account = NEW.account AND CASE NEW.kind
        WHEN 'reserve' THEN state = 'queued' AND NEW.amount = -price
        WHEN 'release' THEN state IN ('succeeded', 'failed', 'cancelled') AND NEW.amount = price
        WHEN 'charge' THEN state = 'succeeded' AND NEW.amount = -cost
    END)
BEGIN
    SELECT RAISE(ABORT, 'a movement of credit must fit the state, price and cost of its task');
END;

CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'ledger rows are only added');
END;

CREATE TRIGGER ledger_is_never_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'ledger rows are only added');
END;

CREATE TRIGGER task_end_is_final BEFORE UPDATE OF state, account, price, cost ON task
WHEN OLD.state IN ('succeeded', 'failed', 'cancelled')
BEGIN
    SELECT RAISE(ABORT, 'the task has ended');
END;

CREATE TRIGGER task_succeeds_with_outputs BEFORE UPDATE OF state ON task
WHEN (NEW.state = 'succeeded') <> EXISTS (SELECT 1 FROM output WHERE task = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'a task has outputs if and only if it succeeded');
END;

CREATE TRIGGER task_is_held_by_its_lease BEFORE UPDATE OF state ON task
WHEN (NEW.state NOT IN ('queued', 'succeeded', 'failed', 'cancelled'))
    <> EXISTS (SELECT 1 FROM lease WHERE task = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'a lease is held if and only if a worker has the task');
END;

CREATE TRIGGER output_comes_before_the_end BEFORE INSERT ON output
WHEN (SELECT state FROM task WHERE id = NEW.task) <> 'postprocessing'
BEGIN
    SELECT RAISE(ABORT, 'outputs are added in the transaction that ends their task');
END;
