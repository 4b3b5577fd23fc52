-- Billing by use: what is reserved and under way is kept beside the balance, accounts may pay nothing, a task
-- remembers the price it is settled by, and a request that is repeated under its key is not done twice.

ALTER TABLE account ADD COLUMN unlimited INTEGER NOT NULL DEFAULT 0 CHECK (unlimited IN (0, 1)); -- pays nothing
ALTER TABLE account ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0);        -- for unfinished tasks; kept by ledger_moves_balance
ALTER TABLE account ADD COLUMN unfinished INTEGER NOT NULL DEFAULT 0 CHECK (unfinished >= 0);    -- number of such tasks; kept by ledger_moves_balance

UPDATE account SET
    reserved = (SELECT -coalesce(sum(amount), 0) FROM ledger
                WHERE ledger.account = account.id AND kind IN ('reserve', 'release')),
    unfinished = (SELECT coalesce(sum(iif(kind = 'reserve', 1, -1)), 0) FROM ledger
                  WHERE ledger.account = account.id AND kind IN ('reserve', 'release'));

-- Every task has one reservation, of nothing if it is free, and one release at its end: counting them counts the
-- tasks under way, in one row that a submit reads anyway.
DROP TRIGGER ledger_moves_balance;
CREATE TRIGGER ledger_moves_balance AFTER INSERT ON ledger
BEGIN
    UPDATE account
    SET balance = balance + NEW.amount,
        granted = granted + iif(NEW.kind = 'grant', NEW.amount, 0),
        reserved = reserved - iif(NEW.kind IN ('reserve', 'release'), NEW.amount, 0),
        unfinished = unfinished + CASE NEW.kind WHEN 'reserve' THEN 1 WHEN 'release' THEN -1 ELSE 0 END
    WHERE id = NEW.account;
END;

ALTER TABLE task ADD COLUMN tariff TEXT;                        -- JSON of atelier_domain::catalogue::Price; none if it is free
ALTER TABLE task ADD COLUMN external_id TEXT NOT NULL DEFAULT '' CHECK (length(external_id) <= 255); -- the caller's own name for it

-- Requests that were answered with a task, by the caller's own name for the request.
CREATE TABLE idempotency (
    project INTEGER NOT NULL REFERENCES project (id),           -- whose credential was used
    key     TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request TEXT    NOT NULL,                                   -- SHA-256 of what was asked for, hexadecimal
    task    INTEGER NOT NULL REFERENCES task (id),
    at      INTEGER NOT NULL,
    PRIMARY KEY (project, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_age ON idempotency (at);
