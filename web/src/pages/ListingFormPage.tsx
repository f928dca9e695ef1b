import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState, type FormEvent } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { api, type Tagged } from '../api';
import { listings } from '../api/listings';
import { Problem } from '../api/problem';
import { completeness, emptyListing, fromProperty, readListing, type ListingForm, type ReadListing } from '../domain/listing';
import { saveListing, type ListingCalls } from '../domain/save';
import { stateText } from '../domain/steps';
import { propertyStatus } from '../domain/words';
import { Badge } from '../parts/Badge';
import { ListingTabs } from '../parts/LandlordTabs';
import { ListingSteps } from '../parts/ListingSteps';
import { Amenities } from '../parts/editor/Amenities';
import { Basics, Fees, Place, Rules } from '../parts/editor/Fields';
import { Photos } from '../parts/editor/Photos';
import { Units } from '../parts/editor/Units';
import { Failure, Loading, Refusal } from '../parts/States';
import { useActionKeys, useTitle } from '../parts/hooks';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

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
  return <ListingEditor key={`${id} ${found.data.property.version}`} stored={found.data} onReload={() => void found.refetch()} />;
}

/** What a submit button asks for. */
type Wish = 'save' | 'draft' | 'publish';

function ListingEditor({ stored, onReload }: { stored?: Tagged; onReload?: () => void }) {
  const [form, setForm] = useState<ListingForm>(() => (stored ? fromProperty(stored.property) : emptyListing(HERE)));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [saved, setSaved] = useState<Tagged | undefined>(stored);
  const [photos, setPhotos] = useState(0);
  const keys = useActionKeys();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const status = saved?.property.status ?? 'draft';
  const mayPublish = status === 'draft' || status === 'rejected';

  const save = useMutation({
    mutationFn: async ({ listing, wish }: { listing: ReadListing; wish: Wish }) => {
      const calls: ListingCalls = {
        create: (body) => api.createProperty(body, keys.keyFor(body)),
        edit: api.editProperty,
        ...listings,
      };
      // Kept after each step: if a later one is refused, the next try goes on from there and
      // does not make a second listing or unit type.
      let tagged = await saveListing(listing, saved, calls, (now, added) => {
        setSaved(now);
        if (added) setForm((old) => ({ ...old, units: old.units.map((unit) => (unit.key === added.key ? { ...unit, id: added.id } : unit)) }));
      });
      if (wish === 'publish') tagged = await listings.step(tagged.property, 'submit');
      return tagged;
    },
    onSuccess: (tagged, { wish }) => {
      keys.settled();
      void queries.invalidateQueries({ queryKey: ['own-properties'] });
      void queries.invalidateQueries({ queryKey: ['property', tagged.property.id] });
      // A first draft goes on with its photos.
      void navigate(wish === 'draft' && !stored ? `/landlord/${tagged.property.id}` : '/landlord');
    },
    onError: (error) => {
      if (error instanceof Problem && error.status < 500) {
        keys.settled();
        toFirstFault();
      }
    },
  });

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const button = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
    const read = readListing(form);
    const errors = 'errors' in read ? read.errors : {};
    setWrong(errors);
    save.reset();
    if ('listing' in read) save.mutate({ listing: read.listing, wish: (button?.value as Wish | undefined) ?? 'save' });
    else toFirstFault();
  };

  const put = (part: Partial<ListingForm>): void => setForm((old) => ({ ...old, ...part }));
  const problem = save.error instanceof Problem ? save.error : null;
  const error = (pointer: string): string | undefined => wrong[pointer] ?? problem?.field(pointer);
  const stale = problem?.status === 412;
  const count = useCallback((now: number) => setPhotos(now), []);
  const parts = { form, put, error };

  return (
    <div className="page page-narrow">
      <nav aria-label="Breadcrumb" className="crumb"><Link to="/landlord">‹ Your listings</Link></nav>
      <h1>{stored ? 'Edit listing' : 'New listing'}</h1>
      {stored && <ListingTabs id={stored.property.id} />}
      <div className="editor">
        {stored && <Standing tagged={stored} dirty={JSON.stringify(form) !== JSON.stringify(fromProperty(stored.property))} />}
        {stored && <Photos property={stored.property} onCount={count} />}
        <form className="editor" onSubmit={submit} noValidate>
          <Basics {...parts} />
          <Units {...parts} />
          <Fees {...parts} fixed={stored !== undefined} />
          <Place {...parts} fixedZone={stored !== undefined} />
          <Amenities {...parts} />
          <Rules {...parts} />
          <Hints form={form} photos={photos} stored={stored !== undefined} />
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
            {mayPublish && (
              <button type="submit" value="publish" className="button button-main" disabled={save.isPending}>
                {save.isPending ? 'Saving…' : 'Save and publish'}
              </button>
            )}
            <button type="submit" value={mayPublish ? 'draft' : 'save'} className={mayPublish ? 'button' : 'button button-main'} disabled={save.isPending || status === 'archived'}>
              {mayPublish ? 'Save as draft' : 'Save changes'}
            </button>
          </div>
        </form>
      </div>
    </div>
  );
}

function toFirstFault(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}

/** Where a listing stands and what can be done with it as a whole. */
function Standing({ tagged: { property }, dirty }: { tagged: Tagged; dirty: boolean }) {
  return (
    <section className="panel" aria-label="State">
      <p className="standing">
        <Badge {...propertyStatus(property.status)} /> <span>{stateText(property.status)}</span>
      </p>
      {property.rejection && <p className="refusal">What we ask for: <q>{property.rejection}</q></p>}
      {dirty ? <p className="fine">You have changed something below: save it first.</p> : <ListingSteps property={property} />}
    </section>
  );
}

function Hints({ form, photos, stored }: { form: ListingForm; photos: number; stored: boolean }) {
  const hints = completeness(form, photos);
  const done = hints.filter((hint) => hint.done).length;
  if (done === hints.length) return null;
  return (
    <section className="panel" aria-label="What would make it complete">
      <h2>{done} of {hints.length} things that tenants look for</h2>
      <ul className="hints">
        {hints.map((hint) => (
          <li key={hint.text} className={hint.done ? 'hint-done' : undefined}>
            <span className="hidden">{hint.done ? 'There: ' : 'Missing: '}</span>{hint.text}
          </li>
        ))}
      </ul>
      {!stored && <p className="fine">Photos can be added once it is saved as a draft.</p>}
    </section>
  );
}
