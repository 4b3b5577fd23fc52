-- Outputs that play.

ALTER TABLE output ADD COLUMN length_ms INTEGER NOT NULL DEFAULT 0;
