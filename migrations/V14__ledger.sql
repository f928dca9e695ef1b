-- The ledger: one row for each movement of money. Accounts and amounts lie beside each other;
-- debits are above zero, credits below.

create function ledger_sum(amounts bigint[]) returns numeric
    language sql immutable strict parallel safe
    return (select sum(amount) from unnest(amounts) amount);

create table ledger (
    property_id uuid        not null,
    id          uuid        not null,
    kind        text        not null check (kind in ('payment_received', 'refund_made',
        'refund_succeeded', 'refund_failed', 'deposit_kept', 'price_changed', 'reversal')),
    source      uuid        not null,
    booking_id  uuid        not null,
    landlord_id uuid        not null,
    tenant_id   uuid        not null,
    currency    char(3)     not null,
    accounts    text[]      not null check (accounts <@ array['cash_clearing',
        'landlord_payable', 'deposits_held', 'platform_fee', 'tax_payable', 'tenant_credit',
        'suspense']),
    amounts     bigint[]    not null check (array_position(amounts, null) is null),
    reverses    uuid        constraint ledger_reverses_check check ((reverses is not null) = (kind = 'reversal')),
    at          timestamptz not null,
    primary key (property_id, id),
    constraint ledger_reversed_once unique (property_id, reverses),
    foreign key (property_id, reverses) references ledger (property_id, id),
    constraint ledger_has_both_sides check (cardinality(accounts) >= 2
        and array_ndims(accounts) = 1 and array_ndims(amounts) = 1
        and cardinality(accounts) = cardinality(amounts)),
    constraint ledger_adds_up_to_zero check (ledger_sum(amounts) = 0)
);
create index ledger_of_booking on ledger (booking_id);
create index ledger_of_source on ledger (source);

create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: post the reversal';
end $$;
create trigger ledger_is_append_only before update or delete or truncate on ledger
    for each statement execute function ledger_is_append_only();

-- Money that came before there was a ledger. Until now all of it was for the stay, or went
-- back whole. The keys are those that the server makes: the first 16 bytes of SHA-256 over
-- source and kind, as a UUID of version 8.
insert into ledger
    select b.property_id, encode(set_byte(set_byte(key, 6, get_byte(key, 6) & 15 | 128), 8,
            get_byte(key, 8) & 63 | 128), 'hex')::uuid,
        m.kind, m.source, b.id, p.owner_id, b.tenant_id, m.currency,
        array[m.debit, m.credit], array[m.amount, -m.amount], null, m.at
    from (
        select 'payment_received' as kind, y.id as source, y.booking_id, y.property_id,
            coalesce(r.currency, y.currency) as currency, coalesce(r.amount, y.amount) as amount,
            'cash_clearing' as debit,
            case when r.id is null then 'landlord_payable' else 'suspense' end as credit,
            coalesce(r.created_at, y.updated_at) as at
        from payments y left join refunds r on r.payment_id = y.id and r.property_id = y.property_id
        where y.status = 'succeeded' or r.id is not null
        union all
        select 'refund_made', id, booking_id, property_id, currency, amount, 'suspense',
            'tenant_credit', created_at from refunds
        union all
        select 'refund_' || status, id, booking_id, property_id, currency, amount,
            'tenant_credit', case status when 'failed' then 'suspense' else 'cash_clearing' end,
            updated_at from refunds where status in ('succeeded', 'failed')) m
    join bookings b on b.id = m.booking_id and b.property_id = m.property_id
    join properties p on p.id = b.property_id,
    lateral (select substr(sha256(uuid_send(m.source) || convert_to(m.kind, 'UTF8')), 1, 16)) k(key);

-- What the money of a refund had been for; none of what nobody had waited for.
alter table refunds add column parts jsonb;

-- Deposits, each under the id of its booking. Whatever any rule believes, no more of one is
-- given back and kept than there is.
create table deposits (
    id          uuid        not null,
    property_id uuid        not null,
    tenant_id   uuid        not null,
    landlord_id uuid        not null,
    currency    char(3)     not null,
    amount      bigint      not null check (amount >= 0),
    deductions  jsonb       not null,
    returned    bigint      not null check (returned >= 0),
    kept        bigint      not null check (kept >= 0),
    status      text        not null check (status in ('held', 'due', 'contested', 'released')),
    release_at  timestamptz check ((release_at is not null) = (status = 'due')),
    timer_id    uuid        check ((timer_id is not null) = (status = 'due')),
    objection   text,
    decision    text,
    version     int         not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (id, property_id),
    constraint deposits_given_away_once check (returned + kept <= amount
        and (status <> 'released' or returned + kept = amount))
);
create index deposits_of_tenant on deposits (tenant_id, id);
create index deposits_of_landlord on deposits (landlord_id, id);

-- How far the auditor has come in each stream, and what it found.
create table audit_positions (
    stream int    primary key,
    seq    bigint not null
);
create table audits (
    id         bigint      generated always as identity primary key,
    full_pass  boolean     not null,
    started_at timestamptz not null,
    ended_at   timestamptz not null,
    position   bigint      not null,
    events     bigint      not null,
    bookings   bigint      not null,
    violations jsonb       not null
);
