import { useEffect, useState, type FormEvent } from 'react';
import { addDays, formatRange, todayIn } from '../domain/dates';
import { digits, filterCount, formError, type SearchForm } from '../domain/query';
import { plural } from '../domain/words';
import { clock } from '../api';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The search form. On a phone it folds to one line when a search is on. */
export function SearchBar({ form, folded, onSearch }: { form: SearchForm; folded: boolean; onSearch: (form: SearchForm) => void }) {
  const [draft, setDraft] = useState(form);
  const searched = form.q !== '' || filterCount(form) > 0;
  const [open, setOpen] = useState(!searched);
  const [wrong, setWrong] = useState<string | null>(null);
  const today = todayIn(HERE, clock.now());
  useEffect(() => {
    if (folded) setOpen(false);
  }, [folded]);
  const put = (part: Partial<SearchForm>): void => setDraft((old) => ({ ...old, ...part }));

  const checkInTo = (checkIn: string): void => {
    const pushed = checkIn && draft.checkOut && draft.checkOut <= checkIn;
    put({ checkIn, ...(pushed && { checkOut: addDays(checkIn, 1) }) });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const error = formError(draft);
    setWrong(error);
    if (error) return;
    setOpen(false);
    onSearch(draft);
  };

  return (
    <form className={open ? 'bar bar-open' : 'bar'} role="search" onSubmit={submit} noValidate>
      <button type="button" className="bar-summary" aria-expanded={open} onClick={() => setOpen(!open)}>
        <strong>{form.q || 'Anywhere'}</strong>
        <span>{summary(form)}</span>
      </button>
      <div className="bar-fields">
        <label className="bar-field bar-where">
          <span>Where or what</span>
          <input type="search" name="q" placeholder="City, street, or a word like “balcony”" value={draft.q} maxLength={200} onChange={(event) => put({ q: event.target.value })} />
        </label>
        <label className="bar-field">
          <span>Check-in</span>
          <input type="date" name="check_in" min={today} value={draft.checkIn} onChange={(event) => checkInTo(event.target.value)} />
        </label>
        <label className="bar-field">
          <span>Check-out</span>
          <input type="date" name="check_out" min={draft.checkIn ? addDays(draft.checkIn, 1) : today} value={draft.checkOut} onChange={(event) => put({ checkOut: event.target.value })} />
        </label>
        <label className="bar-field bar-small">
          <span>Guests</span>
          <select name="guests" value={draft.guests} onChange={(event) => put({ guests: Number(event.target.value) })}>
            {Array.from({ length: 16 }, (_, index) => (
              <option key={index} value={index + 1}>{index + 1}</option>
            ))}
          </select>
        </label>
        <div className="bar-field bar-price" role="group" aria-label="Price a night">
          <span aria-hidden="true">Price a night</span>
          <input inputMode="numeric" name="price_min" aria-label="Lowest price a night" placeholder="from" value={draft.priceMin} onChange={(event) => put({ priceMin: digits(event.target.value) })} />
          <i aria-hidden="true">–</i>
          <input inputMode="numeric" name="price_max" aria-label="Highest price a night" placeholder="to" value={draft.priceMax} onChange={(event) => put({ priceMax: digits(event.target.value) })} />
        </div>
        <button type="submit" className="button button-main bar-go">Search</button>
      </div>
      {wrong && <p className="bar-wrong" role="alert">{wrong}</p>}
    </form>
  );
}

function summary(form: SearchForm): string {
  const parts = [
    form.checkIn ? formatRange(form.checkIn, form.checkOut) : 'any dates',
    plural(form.guests, 'guest'),
  ];
  if (form.priceMin || form.priceMax) parts.push(`${form.priceMin || '0'}–${form.priceMax || '…'}`);
  return parts.join(' · ');
}
