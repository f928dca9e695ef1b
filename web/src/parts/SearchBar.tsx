import { useEffect, useState, type FormEvent } from 'react';
import { clock } from '../api';
import { addDays, formatRange, todayIn } from '../domain/dates';
import { formError, withBar, writeForm, type SearchForm } from '../domain/query';
import type { Suggestion } from '../domain/suggestions';
import { plural } from '../domain/words';
import { WhereBox } from './search/WhereBox';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const GUESTS_MAX = 16;

type Draft = Pick<SearchForm, 'q' | 'checkIn' | 'checkOut' | 'guests'>;

const draftOf = ({ q, checkIn, checkOut, guests }: SearchForm): Draft => ({ q, checkIn, checkOut, guests });

/** What everybody asks first: where, when and how many. On a phone it folds to one line when
 *  a search is on. */
export function SearchBar({ form, folded, onSearch }: { form: SearchForm; folded: boolean; onSearch: (form: SearchForm) => void }) {
  const [draft, setDraft] = useState(() => draftOf(form));
  const [open, setOpen] = useState(() => writeForm({ ...form, sort: 'relevance' }).size === 0);
  const [wrong, setWrong] = useState<string | null>(null);
  const today = todayIn(HERE, clock.now());
  const asked = JSON.stringify(draftOf(form));
  // Another search, by a link or the way back: the fields follow it.
  useEffect(() => {
    setDraft(JSON.parse(asked) as Draft);
    setWrong(null);
  }, [asked]);
  useEffect(() => {
    if (folded) setOpen(false);
  }, [folded]);
  const put = (part: Partial<Draft>): void => setDraft((old) => ({ ...old, ...part }));

  const checkInTo = (checkIn: string): void => {
    const pushed = checkIn && draft.checkOut && draft.checkOut <= checkIn;
    put({ checkIn, ...(pushed && { checkOut: addDays(checkIn, 1) }) });
  };
  const go = (next: Draft, more: Partial<SearchForm> = {}): void => {
    const error = formError(next);
    setWrong(error);
    if (error) return;
    setDraft(next);
    setOpen(false);
    onSearch({ ...withBar(form, next), ...more });
  };
  const pick = ({ kind, value }: Suggestion): void => {
    if (kind === 'amenity') go({ ...draft, q: '' }, { amenities: [...new Set([...form.amenities, value])] });
    else go({ ...draft, q: value });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    go(draft);
  };

  return (
    <form className={open ? 'bar bar-open' : 'bar'} role="search" onSubmit={submit} noValidate>
      <button type="button" className="bar-summary" aria-expanded={open} onClick={() => setOpen(!open)}>
        <strong>{form.q || 'Anywhere'}</strong>
        <span>{summary(form)}</span>
      </button>
      <div className="bar-fields">
        <WhereBox value={draft.q} onText={(q) => put({ q })} onPick={pick} />
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
            {Array.from({ length: Math.max(GUESTS_MAX, draft.guests) }, (_, index) => (
              <option key={index} value={index + 1}>{index + 1}</option>
            ))}
          </select>
        </label>
        <button type="submit" className="button button-main bar-go">Search</button>
      </div>
      {wrong && <p className="bar-wrong" role="alert">{wrong}</p>}
    </form>
  );
}

function summary(form: SearchForm): string {
  return [form.checkIn ? formatRange(form.checkIn, form.checkOut) : 'any dates', plural(form.guests, 'guest')].join(' · ');
}
