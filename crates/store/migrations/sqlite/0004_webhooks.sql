-- Webhooks: what is owed to callers, written in the transaction that ends their task, and how telling them went.

-- Sealed with the master key; made when it is first asked for.
ALTER TABLE project ADD COLUMN webhook_secret BLOB;

-- One end of a task that its caller is told. A deliverer claims it by moving `due` behind its own longest try, so
-- that another takes it up if the first one is lost.
CREATE TABLE delivery (
    id       TEXT    PRIMARY KEY,                               -- the `webhook-id` of every attempt
    task     INTEGER NOT NULL UNIQUE REFERENCES task (id),
    host     TEXT    NOT NULL,                                  -- of the callback; few are called at once
    state    TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'gone', 'abandoned')),
    due      INTEGER,                                           -- when the next attempt may begin
    attempts INTEGER NOT NULL DEFAULT 0,                        -- numbers them; the latest alone decides what follows
    tries    INTEGER NOT NULL DEFAULT 0,                        -- attempts since it was owed or replayed
    created  INTEGER NOT NULL,
    CHECK ((state = 'pending') = (due IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- The outbox in order, with the hosts, so that those that are busy are skipped without reading the table.
CREATE INDEX delivery_due ON delivery (due, host) WHERE due IS NOT NULL;

-- How one attempt went. Nothing that was answered is kept but the status.
CREATE TABLE delivery_attempt (
    delivery TEXT    NOT NULL REFERENCES delivery (id),
    number   INTEGER NOT NULL CHECK (number > 0),
    at       INTEGER NOT NULL,
    duration INTEGER NOT NULL CHECK (duration >= 0),            -- milliseconds
    status   INTEGER,                                           -- of HTTP, or
    failure  TEXT CHECK (failure IN ('forbidden', 'connection', 'tls', 'timeout')),
    PRIMARY KEY (delivery, number),
    CHECK ((status IS NULL) <> (failure IS NULL))
) STRICT, WITHOUT ROWID;
