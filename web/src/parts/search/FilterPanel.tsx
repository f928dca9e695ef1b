import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { search, type Facets } from '../../api/search';
import { amenityChoices, commonest, kindChoices, roomChoices, toggled, withoutFilters, type Choice, type Rooms } from '../../domain/filters';
import { filterCount, toCriteria, type SearchForm } from '../../domain/query';
import { plural } from '../../domain/words';
import { useAmenities } from '../hooks';
import { PriceFilter } from './PriceFilter';

/** So many amenities are shown before the rest is asked for. */
const COMMON = 10;

const ROOM_LABELS: [Rooms, string][] = [['bedrooms', 'Bedrooms'], ['beds', 'Beds'], ['bathrooms', 'Baths']];

/** What a search can be narrowed by, with how many homes each choice would leave. The search
 *  behind it follows at once. On a phone it is a sheet from below. */
export function FilterPanel({ form, currencies, onChange, onClose }: {
  form: SearchForm;
  /** Of the homes that are on show. */
  currencies: string[];
  onChange: (form: SearchForm) => void;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  // A modal dialog keeps the focus in it and gives it back where it was.
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
    return () => shown?.close();
  }, []);
  const criteria = toCriteria(form);
  const found = useQuery({
    queryKey: ['search-facets', criteria],
    queryFn: ({ signal }) => search.facets(criteria, signal),
    placeholderData: keepPreviousData,
  });
  const facets = found.data?.facets;
  const put = (change: Partial<SearchForm>): void => onChange({ ...form, ...change });
  return (
    <dialog ref={dialog} className="filters" aria-labelledby="filters-title" onClose={() => dialog.current?.open === false && onClose()} onClick={(event) => event.target === dialog.current && onClose()}>
      <div className="filters-in">
        <header className="filters-top">
          <h2 id="filters-title">Filters</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>×</button>
        </header>
        <div className="filters-body">
          <Pills legend="Kind of home" choices={kindChoices(form, facets)} onPick={(kind) => put({ kinds: toggled(form.kinds, kind) })} />
          <PriceFilter form={form} buckets={facets?.price.buckets} currencies={currencies} onChange={put} />
          {ROOM_LABELS.map(([of, label]) => (
            <Pills key={of} legend={label} single name={of} choices={roomChoices(form, facets, of)} onPick={(least) => put({ [of]: least })} />
          ))}
          <Amenities form={form} facets={facets} onPick={(key) => put({ amenities: toggled(form.amenities, key) })} />
          {found.isError && <p className="field-error" role="alert">How many homes each choice leaves can’t be told now.</p>}
        </div>
        <footer className="filters-foot">
          <button type="button" className="link" disabled={filterCount(form) === 0} onClick={() => onChange(withoutFilters(form))}>
            Clear filters
          </button>
          <button type="button" className="button button-main" onClick={onClose}>
            <span role="status" className={found.isPlaceholderData ? 'is-old' : undefined}>
              {found.data ? `Show ${plural(found.data.total, 'home')}` : 'Show homes'}
            </span>
          </button>
        </footer>
      </div>
    </dialog>
  );
}

/** Choices side by side: boxes to tick or, when `single`, one of them. */
function Pills<T extends string | number>({ legend, choices, single, name, onPick, children }: {
  legend: string;
  choices: Choice<T>[];
  single?: boolean;
  name?: string;
  onPick: (value: T) => void;
  children?: ReactNode;
}) {
  return (
    <fieldset className="filter">
      <legend>{legend}</legend>
      <div className={single ? 'pills pills-row' : 'pills'}>
        {choices.map((one) => (
          <label key={one.value} className={one.disabled ? 'pill pill-off' : 'pill'}>
            {/* What would find nothing can still be reached and read; it is not chosen. */}
            <input
              type={single ? 'radio' : 'checkbox'}
              name={name}
              value={one.value}
              checked={one.chosen}
              aria-disabled={one.disabled || undefined}
              onChange={() => !one.disabled && onPick(one.value)}
            />
            <span>
              {one.label}
              {one.count !== null && <small>{one.count.toLocaleString('en-GB')}<span className="hidden"> homes</span></small>}
            </span>
          </label>
        ))}
        {children}
      </div>
    </fieldset>
  );
}

function Amenities({ form, facets, onPick }: { form: SearchForm; facets: Facets | undefined; onPick: (key: string) => void }) {
  const catalogue = useAmenities();
  const [all, setAll] = useState(false);
  // The commonest when the panel opened: choices do not change places while one chooses.
  const [common, setCommon] = useState<string[] | null>(null);
  if (common === null && facets) setCommon(commonest(facets, COMMON));
  const choices = amenityChoices(form, facets, catalogue.data ?? []);
  const shown = all ? choices : choices.filter((one) => one.chosen || common?.includes(one.value));
  return (
    <Pills legend="Amenities" name="amenity" choices={shown} onPick={onPick}>
      {choices.length > shown.length && (
        <button type="button" className="link pills-all" onClick={() => setAll(true)}>
          Show all {choices.length}
        </button>
      )}
      {!facets && <span className="skeleton pills-wait" />}
    </Pills>
  );
}
