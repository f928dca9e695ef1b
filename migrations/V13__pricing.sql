-- What landlords set about prices, and promo codes.

alter table properties add column pricing jsonb not null default '{}';

create table promo_codes (
    id           uuid        primary key,
    owner_id     uuid        not null references users,
    code         text        not null check (code ~ '^[A-Z0-9-]{3,20}$'),
    off_bp       int         check (off_bp between 1 and 10000),
    off_minor    bigint      check (off_minor > 0),
    currency     char(3),
    valid_from   date,
    valid_until  date        check (valid_until >= valid_from),
    property_ids uuid[]      not null default '{}',
    min_nights   int         not null default 0 check (min_nights >= 0),
    max_uses     int         check (max_uses > 0),
    created_at   timestamptz not null,
    -- A code that was taken back keeps its row: bookings name it.
    ended_at     timestamptz,
    check ((off_bp is null) = (off_minor is not null) and (off_minor is null) = (currency is null))
);
-- One code of a landlord at a time; it is kept in capitals.
create unique index promo_codes_by_code on promo_codes (owner_id, code) where ended_at is null;
create index promo_codes_of_owner on promo_codes (owner_id, id) where ended_at is null;
