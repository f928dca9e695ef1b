-- Requests, changes, arrivals and departures of stays; payments that are given back in parts.

-- What only some bookings have: see src/domain/booking_details.rs.
alter table bookings
    add column details jsonb,
    drop constraint bookings_expiring_check,
    add constraint bookings_expiring_check check (expiring in ('time', 'released', 'declined')),
    -- A landlord may let friends in for nothing.
    drop constraint bookings_total_check,
    add constraint bookings_total_check check (total >= 0);

alter table payments
    add column purpose text not null default 'stay' check (purpose in ('stay', 'change')),
    add column captured bigint not null default 0 check (captured >= 0),
    add column refunded bigint not null default 0 check (refunded >= 0),
    add column attempts int not null default 0,
    drop constraint payments_status_check,
    add constraint payments_status_check check (status in
        ('created', 'canceled', 'succeeded', 'partially_refunded', 'refunded'));
update payments p set captured = p.amount where status = 'succeeded';
update payments p set (captured, refunded) = (select coalesce(sum(r.amount), 0),
        coalesce(sum(r.amount), 0) from refunds r
        where r.property_id = p.property_id and r.payment_id = p.id)
    where status = 'refunded';
-- The second wall: whatever any rule believes, no more goes back than came.
alter table payments
    add constraint payments_refunded_at_most_captured check (refunded <= captured);

alter table refunds add column note text;

-- A stay that stands ends by itself from now on: those that stand already get their timers.
-- The shard of a property is the stream of its events.
with standing as (
    select b.id, b.property_id, gen_random_uuid() as timer,
        (b.check_out + coalesce((b.terms ->> 'check_out_until')::time, time '11:00'))
            at time zone p.zone as over_at,
        (select e.stream from events e where e.key = b.id limit 1) as shard
    from bookings b join properties p on p.id = b.property_id
    where b.status = 'confirmed'),
set_for as (
    update bookings b set timer_id = s.timer from standing s
        where b.id = s.id and b.property_id = s.property_id and s.shard is not null)
insert into timers (id, shard, entity, fire_at, command)
    select timer, shard, property_id, over_at, json_build_object('booking', json_build_object(
        'stay_over', json_build_object('booking_id', 'bkg_' || replace(id::text, '-', ''))))
    from standing where shard is not null;
