-- People who sign in, what they did to keys and credit, and credentials that are replaced without a gap.

-- Who signs in, for one account. People who were removed stay, because the audit log names them.
CREATE TABLE person (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    account  TEXT    NOT NULL REFERENCES account (id),
    email    TEXT    NOT NULL CHECK (email = lower(email)),
    password TEXT    NOT NULL,                                  -- argon2id in PHC form
    role     TEXT    NOT NULL CHECK (role IN ('viewer', 'member', 'owner')),
    operator INTEGER NOT NULL CHECK (operator IN (0, 1)),       -- runs the installation
    created  INTEGER NOT NULL,
    removed  INTEGER
) STRICT;

CREATE UNIQUE INDEX person_email ON person (email) WHERE removed IS NULL;
CREATE INDEX person_account ON person (account, id);

-- What lets somebody in once. Deleted when it is used.
CREATE TABLE link (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    hash      TEXT    NOT NULL UNIQUE,                          -- SHA-256 of the secret, hexadecimal
    purpose   TEXT    NOT NULL CHECK (purpose IN ('first_run', 'invite', 'reset')),
    account   TEXT    REFERENCES account (id),                  -- which they join; none: one of their own
    role      TEXT    CHECK (role IN ('viewer', 'member', 'owner')),
    unlimited INTEGER NOT NULL DEFAULT 0 CHECK (unlimited IN (0, 1)), -- whether their own account pays nothing
    note      TEXT    NOT NULL DEFAULT '',                      -- for whom, in words
    person    INTEGER REFERENCES person (id),                   -- whose password is set anew
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    CHECK ((purpose = 'reset') = (person IS NOT NULL)),
    CHECK ((purpose = 'invite') = (role IS NOT NULL))
) STRICT;

-- A browser in which somebody is signed in.
CREATE TABLE session (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    hash    TEXT    NOT NULL UNIQUE,                            -- SHA-256 of the secret, hexadecimal
    person  INTEGER NOT NULL REFERENCES person (id),
    agent   TEXT    NOT NULL,                                   -- what the browser calls itself, for people
    started INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE INDEX session_person ON session (person);
CREATE INDEX session_expiry ON session (expires);

-- Who changed keys, credit and people, written in the transaction of the change. Rows are only ever added.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT    NOT NULL REFERENCES account (id),
    person  INTEGER REFERENCES person (id),                     -- none: the operator, on the command line
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,                                   -- what it was done to, in words
    at      INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_account ON audit (account, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are only added');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are only added');
END;

-- A project's credential that was replaced and is good for a while longer.
CREATE TABLE retired_credential (
    key_hash TEXT    PRIMARY KEY,                               -- SHA-256 of the API key, hexadecimal
    project  INTEGER NOT NULL REFERENCES project (id),
    key_hint TEXT    NOT NULL,
    secret   BLOB    NOT NULL,                                  -- API secret, sealed with the master key
    until    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX retired_credential_project ON retired_credential (project);

-- Which bearer key a task was submitted with, if with one.
ALTER TABLE task ADD COLUMN bearer_key INTEGER REFERENCES bearer_key (id);
CREATE INDEX task_bearer_key ON task (bearer_key) WHERE bearer_key IS NOT NULL;
