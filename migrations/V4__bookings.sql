-- Bookings, the nights they take, and their money.

create table bookings (
    id          uuid        not null,
    property_id uuid        not null,
    unit_id     uuid        not null,
    tenant_id   uuid        not null,
    check_in    date        not null,
    check_out   date        not null check (check_out > check_in),
    guests      int         not null check (guests > 0),
    status      text        not null check (status in
        ('hold', 'pending_payment', 'expiring', 'confirmed', 'expired', 'failed', 'cancelled')),
    expiring    text        check (expiring in ('time', 'released')),
    currency    char(3)     not null,
    per_night   bigint      not null,
    total       bigint      not null check (total > 0),
    expires_at  timestamptz,
    released_at timestamptz,
    timer_id    uuid,
    payment_id  uuid,
    version     int         not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (id, property_id),
    check ((status = 'expiring') = (expiring is not null))
);
create index bookings_of_property on bookings (property_id, id);
create index bookings_of_tenant on bookings (tenant_id, id);

-- The second wall: whatever any actor believes, one slot has one guest a night. Checked at
-- the end of the statement, so that a batch may free nights and take them again.
create table occupancies (
    ref         uuid      not null,
    property_id uuid      not null,
    slot_id     bigint    not null,
    nights      daterange not null check (not isempty(nights)),
    kind        text      not null check (kind in ('booking')),
    primary key (property_id, ref),
    constraint occupancies_overlap exclude using gist (slot_id with =, nights with &&)
        deferrable initially immediate
);

create table payments (
    id             uuid        not null,
    property_id    uuid        not null,
    booking_id     uuid        not null,
    amount         bigint      not null check (amount > 0),
    currency       char(3)     not null,
    status         text        not null check (status in ('created', 'canceled', 'succeeded', 'refunded')),
    request        jsonb       not null,
    session_id     text,
    session_url    text,
    intent_id      text,
    close_attempts int         not null,
    version        int         not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    primary key (id, property_id)
);
create index payments_of_booking on payments (property_id, booking_id);

create table refunds (
    id           uuid        not null,
    property_id  uuid        not null,
    payment_id   uuid        not null,
    booking_id   uuid        not null,
    amount       bigint      not null check (amount > 0),
    currency     char(3)     not null,
    reason       text        not null,
    status       text        not null check (status in ('pending', 'failed', 'succeeded')),
    provider_ref text,
    version      int         not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    primary key (id, property_id)
);
create index refunds_of_payment on refunds (property_id, payment_id);

-- What the payment provider told us, as it came.
create table stripe_inbox (
    event_id    text        primary key,
    kind        text        not null,
    payload     jsonb       not null,
    received_at timestamptz not null
);
