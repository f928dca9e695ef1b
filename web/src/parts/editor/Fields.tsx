import { lazy, Suspense } from 'react';
import type { Cancellation, StayMode } from '../../api/next';
import type { Kind } from '../../api/types';
import { CURRENCIES } from '../../domain/money';
import { CANCELLATIONS, KINDS, STAY_MODES } from '../../domain/words';
import { Field, TextField } from '../Field';
import type { PartProps } from './parts';

const PlaceMap = lazy(() => import('../../map/PlaceMap'));
const ZONES = Intl.supportedValuesOf('timeZone');

export function Basics({ form, put, error }: PartProps) {
  return (
    <fieldset className="panel">
      <legend>The home</legend>
      <div className="pair">
        <Field label="Kind" error={error('/kind')}>
          {(id) => (
            <select id={id} name="kind" value={form.kind} onChange={(event) => put({ kind: event.target.value as Kind })}>
              {Object.entries(KINDS).map(([kind, label]) => (
                <option key={kind} value={kind}>{label}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Let" error={error('/stay_mode')}>
          {(id) => (
            <select id={id} name="stay_mode" value={form.stayMode} onChange={(event) => put({ stayMode: event.target.value as StayMode })}>
              {Object.entries(STAY_MODES).map(([mode, label]) => (
                <option key={mode} value={mode}>{label}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <TextField label="Title" name="title" maxLength={120} value={form.title} onText={(title) => put({ title })} error={error('/title')} hint="What a tenant sees first, such as “Bright flat above the canal”." />
      <Field label="Description" error={error('/description')}>
        {(id, note) => (
          <textarea id={id} name="description" rows={6} maxLength={5000} aria-describedby={note} value={form.description} onChange={(event) => put({ description: event.target.value })} />
        )}
      </Field>
    </fieldset>
  );
}

export function Place({ form, put, error, fixedZone }: PartProps & { fixedZone: boolean }) {
  const lat = Number(form.lat.replace(',', '.'));
  const lon = Number(form.lon.replace(',', '.'));
  const known = form.lat !== '' && form.lon !== '' && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  return (
    <fieldset className="panel">
      <legend>Where it is</legend>
      <TextField label="Street and number" name="line" autoComplete="off" value={form.line} onText={(line) => put({ line })} error={error('/address/line')} hint="Not shown to the public." />
      <div className="pair">
        <TextField label="City" name="city" value={form.city} onText={(city) => put({ city })} error={error('/address/city')} />
        <TextField label="Region" name="region" value={form.region} onText={(region) => put({ region })} error={error('/address/region')} />
      </div>
      <div className="pair">
        <TextField label="Country code" name="country" maxLength={2} value={form.country} onText={(country) => put({ country: country.toUpperCase() })} error={error('/address/country')} hint="Two letters, such as IE." />
        <Field label="Time zone" error={error('/zone')}>
          {(id) => (
            <select id={id} name="zone" value={form.zone} disabled={fixedZone} onChange={(event) => put({ zone: event.target.value })}>
              {!ZONES.includes(form.zone) && <option>{form.zone}</option>}
              {ZONES.map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div className="pair">
        <TextField label="Latitude" name="lat" inputMode="text" value={form.lat} onText={(text) => put({ lat: text })} error={error('/location/lat') ?? error('/location')} />
        <TextField label="Longitude" name="lon" inputMode="text" value={form.lon} onText={(text) => put({ lon: text })} error={error('/location/lon')} />
      </div>
      <div className="place-map">
        <Suspense fallback={<div className="map-wait" />}>
          <PlaceMap lat={known ? lat : 50} lon={known ? lon : 8} zoom={known ? 9 : 4} onPick={(newLat, newLon) => put({ lat: String(newLat), lon: String(newLon) })} />
        </Suspense>
      </div>
      <p className="field-hint">Click the map to set the place, or type its coordinates.</p>
    </fieldset>
  );
}

export function Fees({ form, put, error, fixed }: PartProps & { fixed: boolean }) {
  return (
    <fieldset className="panel">
      <legend>Currency and fees</legend>
      <div className="pair pair-three">
        <Field label="Currency" error={error('/price_per_night/currency')} hint={fixed ? undefined : 'Cannot be changed later.'}>
          {(id, note) => (
            <select id={id} name="currency" aria-describedby={note} value={form.currency} disabled={fixed} onChange={(event) => put({ currency: event.target.value })}>
              {CURRENCIES.map((currency) => (
                <option key={currency}>{currency}</option>
              ))}
            </select>
          )}
        </Field>
        <TextField label="Deposit" name="deposit" inputMode="decimal" value={form.deposit} onText={(deposit) => put({ deposit })} error={error('/deposit/amount') ?? error('/deposit')} />
        <TextField label="Cleaning fee" name="cleaning" inputMode="decimal" value={form.cleaning} onText={(cleaning) => put({ cleaning })} error={error('/cleaning_fee/amount') ?? error('/cleaning_fee')} />
      </div>
      <p className="field-hint">Both are part of what a guest pays; the deposit is given back after the stay.</p>
    </fieldset>
  );
}

export function Rules({ form, put, error }: PartProps) {
  return (
    <fieldset className="panel">
      <legend>House rules</legend>
      <div className="pair pair-three">
        <TextField label="Check-in from" type="time" name="check_in_from" value={form.checkInFrom} onText={(checkInFrom) => put({ checkInFrom })} error={error('/check_in_from')} />
        <TextField label="Check-in until" type="time" name="check_in_until" value={form.checkInUntil} onText={(checkInUntil) => put({ checkInUntil })} error={error('/check_in_until')} hint="Empty: all evening." />
        <TextField label="Check-out until" type="time" name="check_out_until" value={form.checkOutUntil} onText={(checkOutUntil) => put({ checkOutUntil })} error={error('/check_out_until')} />
      </div>
      <div className="pair pair-three">
        <TextField label="Shortest stay, nights" name="min_nights" inputMode="numeric" value={form.minNights} onText={(minNights) => put({ minNights })} error={error('/min_nights')} />
        <TextField label="Longest stay, nights" name="max_nights" inputMode="numeric" value={form.maxNights} onText={(maxNights) => put({ maxNights })} error={error('/max_nights')} hint="Empty: no limit." />
        <Field label="Cancelling" error={error('/cancellation')} hint={CANCELLATIONS[form.cancellation].about}>
          {(id, note) => (
            <select id={id} name="cancellation" aria-describedby={note} value={form.cancellation} onChange={(event) => put({ cancellation: event.target.value as Cancellation })}>
              {Object.entries(CANCELLATIONS).map(([name, { label }]) => (
                <option key={name} value={name}>{label}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Field label="Booking" error={error('/instant_book')}>
        {(id) => (
          <select id={id} name="instant_book" value={form.instant ? 'at-once' : 'asked'} onChange={(event) => put({ instant: event.target.value === 'at-once' })}>
            <option value="at-once">Guests book at once</option>
            <option value="asked">I am asked first</option>
          </select>
        )}
      </Field>
      <Field label="What else guests should know" error={error('/house_rules')}>
        {(id, note) => (
          <textarea id={id} name="house_rules" rows={4} maxLength={5000} aria-describedby={note} value={form.rules} onChange={(event) => put({ rules: event.target.value })} />
        )}
      </Field>
    </fieldset>
  );
}
