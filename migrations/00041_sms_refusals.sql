-- +goose Up
-- Numbers that wrote STOP: nothing is sent to them until they write START. Carriers and laws ask for it.
CREATE TABLE sms_refusals (
    number     text PRIMARY KEY, -- digits, with country code, without + or 00
    created_at timestamptz(3) NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE sms_refusals;
