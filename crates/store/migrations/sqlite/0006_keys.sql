-- Bearer keys: a project may have any number of them, each shown once and kept as a hash.
CREATE TABLE bearer_key (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    project   INTEGER NOT NULL REFERENCES project (id),
    kind      TEXT    NOT NULL CHECK (kind IN ('tryon')),       -- where it is good
    name      TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    hash      TEXT    NOT NULL UNIQUE,                          -- SHA-256 of the secret, hexadecimal
    hint      TEXT    NOT NULL,                                 -- first characters of the secret
    allowed_networks TEXT NOT NULL,                             -- as 203.0.113.0/24, separated by spaces; empty: any
    created   INTEGER NOT NULL,
    expires   INTEGER,                                          -- no longer good from then on; none: never
    last_used INTEGER,                                          -- to the minute
    revoked   INTEGER                                           -- no longer good since
) STRICT;

CREATE INDEX bearer_key_project ON bearer_key (project, id);

CREATE TRIGGER bearer_key_stays_revoked BEFORE UPDATE OF revoked ON bearer_key
WHEN OLD.revoked IS NOT NULL AND NEW.revoked IS NOT OLD.revoked
BEGIN
    SELECT RAISE(ABORT, 'a revoked key stays revoked');
END;
