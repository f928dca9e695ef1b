-- Bookings with the terms that were agreed on, all states of a stay, and nights that a
-- landlord keeps back.

alter table bookings
    add column terms jsonb,
    drop constraint bookings_status_check,
    add constraint bookings_status_check check (status in
        ('hold', 'pending_approval', 'pending_payment', 'expiring', 'confirmed', 'checked_in',
        'completed', 'expired', 'failed', 'declined', 'cancelled', 'no_show'));
update bookings b set terms = jsonb_build_object(
        'price', jsonb_build_object('currency', b.currency, 'deposit', 0,
            'lines', jsonb_build_array(jsonb_build_object('kind', 'nights',
                'quantity', b.check_out - b.check_in, 'amount', b.total))),
        'cancellation', coalesce(p.policies ->> 'cancellation', 'flexible'),
        'policies_version', coalesce((p.policies ->> 'version')::int, 1),
        'check_in_from', coalesce(p.policies ->> 'check_in_from', '15:00:00'),
        'check_out_until', coalesce(p.policies ->> 'check_out_until', '11:00:00'))
    from properties p where p.id = b.property_id;
alter table bookings
    alter column terms set not null,
    drop column per_night;

alter table occupancies
    drop constraint occupancies_kind_check,
    add constraint occupancies_kind_check check (kind in ('booking', 'block'));

-- Records of commands hold bookings in the old form.
update commands c set outcome = jsonb_set(c.outcome::jsonb, '{booking,booking}',
        (o -> 'booking' -> 'booking') - 'per_night'
            || jsonb_build_object('terms', b.terms))::json
    from (select request_id, outcome::jsonb as o,
            (outcome::jsonb #>> '{booking,booking,id}') as booking
        from commands where outcome::jsonb #> '{booking,booking}' is not null) old
    join bookings b on old.booking = 'bkg_' || replace(b.id::text, '-', '')
    where c.request_id = old.request_id;
