import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState, type FormEvent } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { api, type Tagged } from '../api';
import { Problem } from '../api/problem';
import type { Kind } from '../api/types';
import { changes, emptyListing, fromProperty, readListing, type ListingForm } from '../domain/listing';
import { CURRENCIES } from '../domain/money';
import { KINDS } from '../domain/words';
import { Field, TextField } from '../parts/Field';
import { Failure, Loading, Refusal } from '../parts/States';
import { useActionKeys, useTitle } from '../parts/hooks';

const PlaceMap = lazy(() => import('../map/PlaceMap'));

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = Intl.supportedValuesOf('timeZone');

/** A new listing, or one that exists. */
export default function ListingFormPage() {
  const { id } = useParams();
  useTitle(id ? 'Edit listing' : 'New listing');
  const found = useQuery({
    queryKey: ['property', id, 'edit'],
    queryFn: ({ signal }) => api.property(id as string, signal),
    enabled: id !== undefined,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  if (!id) return <ListingEditor />;
  if (found.isPending) return <Loading />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} missing="This home is not yours to edit" />;
  return <ListingEditor key={found.data.etag} stored={found.data} onReload={() => void found.refetch()} />;
}

function ListingEditor({ stored, onReload }: { stored?: Tagged; onReload?: () => void }) {
  const [form, setForm] = useState<ListingForm>(() => (stored ? fromProperty(stored.property) : emptyListing(HERE)));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [saved, setSaved] = useState<Tagged | undefined>(stored);
  const keys = useActionKeys();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const draft = (saved?.property.status ?? 'draft') === 'draft';

  const save = useMutation({
    mutationFn: async (publish: boolean) => {
      const read = readListing(form);
      if ('errors' in read) throw new Error('form was not checked');
      let tagged = saved;
      if (tagged) {
        const before = readListing(fromProperty(tagged.property));
        const part = changes('property' in before ? before.property : {}, read.property);
        if (Object.keys(part).length > 0) tagged = await api.editProperty(tagged.property.id, part, tagged.etag);
      } else {
        tagged = await api.createProperty(read.property, keys.keyFor(read.property));
      }
      // Kept before publishing: if that is refused, the next try must not create a second one.
      setSaved(tagged);
      if (publish) tagged = await api.submitProperty(tagged.property.id, tagged.etag);
      return tagged;
    },
    onSuccess: (tagged) => {
      keys.settled();
      void queries.invalidateQueries({ queryKey: ['own-properties'] });
      void queries.invalidateQueries({ queryKey: ['property', tagged.property.id] });
      void navigate('/landlord');
    },
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) keys.settled();
    },
  });

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const button = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
    const read = readListing(form);
    const errors = 'errors' in read ? read.errors : {};
    setWrong(errors);
    save.reset();
    if ('property' in read) save.mutate(button?.value === 'publish');
    else requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };

  const put = (part: Partial<ListingForm>): void => setForm((old) => ({ ...old, ...part }));
  const problem = save.error instanceof Problem ? save.error : null;
  const error = (pointer: string): string | undefined => wrong[pointer] ?? problem?.field(pointer);
  const stale = problem?.status === 412;

  return (
    <div className="page page-narrow">
      <nav aria-label="Breadcrumb" className="crumb"><Link to="/landlord">‹ Your listings</Link></nav>
      <h1>{stored ? 'Edit listing' : 'New listing'}</h1>
      <form className="editor" onSubmit={submit} noValidate>
        <Basics form={form} put={put} error={error} />
        <Place form={form} put={put} error={error} fixedZone={stored !== undefined} />
        <Rooms form={form} put={put} error={error} />
        <Price form={form} put={put} error={error} fixed={stored !== undefined} />
        {stale ? (
          <div className="refusal" role="alert">
            <strong>This listing was changed elsewhere meanwhile.</strong>{' '}
            <button type="button" className="link" onClick={onReload}>Load the newer one</button> (what you typed here is lost).
          </div>
        ) : (
          <Refusal error={save.error} />
        )}
        {Object.keys(wrong).length > 0 && <p className="refusal" role="alert">Some fields need another look.</p>}
        <div className="actions">
          {draft && (
            <button type="submit" value="publish" className="button button-main" disabled={save.isPending}>
              {save.isPending ? 'Saving…' : 'Save and publish'}
            </button>
          )}
          <button type="submit" value="save" className={draft ? 'button' : 'button button-main'} disabled={save.isPending}>
            {draft ? 'Save as draft' : 'Save changes'}
          </button>
        </div>
      </form>
    </div>
  );
}

interface PartProps {
  form: ListingForm;
  put: (part: Partial<ListingForm>) => void;
  error: (pointer: string) => string | undefined;
}

function Basics({ form, put, error }: PartProps) {
  return (
    <fieldset className="panel">
      <legend>The home</legend>
      <Field label="Kind" error={error('/kind')}>
        {(id) => (
          <select id={id} name="kind" value={form.kind} onChange={(event) => put({ kind: event.target.value as Kind })}>
            {Object.entries(KINDS).map(([kind, label]) => (
              <option key={kind} value={kind}>{label}</option>
            ))}
          </select>
        )}
      </Field>
      <TextField label="Title" name="title" maxLength={120} value={form.title} onText={(title) => put({ title })} error={error('/title')} hint="What a tenant sees first, such as “Bright flat above the canal”." />
      <Field label="Description" error={error('/description')}>
        {(id, note) => (
          <textarea id={id} name="description" rows={6} maxLength={5000} aria-describedby={note} value={form.description} onChange={(event) => put({ description: event.target.value })} />
        )}
      </Field>
      <TextField label="Amenities" name="amenities" value={form.amenities} onText={(amenities) => put({ amenities })} error={error('/amenities')} hint="Separated by commas: Wifi, Washer, Lift." />
    </fieldset>
  );
}

function Place({ form, put, error, fixedZone }: PartProps & { fixedZone: boolean }) {
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

function Rooms({ form, put, error }: PartProps) {
  const count = (label: string, name: 'count' | 'bedrooms' | 'beds' | 'bathrooms' | 'guests') => (
    <TextField label={label} name={name} inputMode="decimal" value={form[name]} onText={(text) => put({ [name]: text })} error={error(`/unit/${name}`)} />
  );
  return (
    <fieldset className="panel">
      <legend>What is let</legend>
      <div className="pair">
        <TextField label="Name" name="unit_name" value={form.unitName} onText={(unitName) => put({ unitName })} error={error('/unit/name')} hint="Such as “Whole place” or “Double room”." />
        {count('How many of them', 'count')}
      </div>
      <div className="pair pair-four">
        {count('Bedrooms', 'bedrooms')}
        {count('Beds', 'beds')}
        {count('Bathrooms', 'bathrooms')}
        {count('Guests', 'guests')}
      </div>
    </fieldset>
  );
}

function Price({ form, put, error, fixed }: PartProps & { fixed: boolean }) {
  return (
    <fieldset className="panel">
      <legend>Price</legend>
      <div className="pair">
        <TextField label="Price a night" name="price" inputMode="decimal" value={form.price} onText={(price) => put({ price })} error={error('/price_per_night/amount') ?? error('/price_per_night')} />
        <Field label="Currency" error={error('/price_per_night/currency')}>
          {(id) => (
            <select id={id} name="currency" value={form.currency} disabled={fixed} onChange={(event) => put({ currency: event.target.value })}>
              {CURRENCIES.map((currency) => (
                <option key={currency}>{currency}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
    </fieldset>
  );
}
