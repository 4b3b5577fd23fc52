-- Why tasks fail, what runs recognise, and in which dialect tasks are submitted.

ALTER TABLE task ADD COLUMN failure TEXT;                       -- JSON of atelier_domain::Failure; none unless it failed
ALTER TABLE task ADD COLUMN findings TEXT NOT NULL DEFAULT '[]'; -- JSON list of atelier_domain::Finding
ALTER TABLE task ADD COLUMN dialect TEXT NOT NULL DEFAULT '';   -- a word of the server's
