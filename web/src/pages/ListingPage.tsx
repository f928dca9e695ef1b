import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { api, clock } from '../api';
import { Problem } from '../api/problem';
import type { Unit } from '../api/next';
import type { Property } from '../api/types';
import { addDays, isDate, todayIn } from '../domain/dates';
import { byNight as letByNight, unitsOf } from '../domain/listing';
import { NOTHING, byNight, choosingEnd, isBookable, leastNights, type Nights, type Stay } from '../domain/nights';
import { KINDS, country, facts, plural } from '../domain/words';
import { Calendar } from '../parts/Calendar';
import { Gallery } from '../parts/Gallery';
import { HoldPanel } from '../parts/HoldPanel';
import { ListingAbout } from '../parts/ListingAbout';
import { NightsGone, type Lost, type Offered } from '../parts/NightsGone';
import { Nearest } from '../parts/Nearest';
import { useQuote } from '../parts/quotes';
import { Empty, Failure, Loading } from '../parts/States';
import { UnitChoice } from '../parts/UnitChoice';
import { useActionKeys, useSession, useTitle } from '../parts/hooks';

/** Nights that are asked for; the server gives at most 400. */
const AHEAD = 365;

export function ListingPage() {
  const { id = '' } = useParams();
  const found = useQuery({
    queryKey: ['property', id],
    queryFn: ({ signal }) => api.property(id, signal),
  });
  useTitle(found.data?.property.title ?? 'Home');
  if (found.isPending) return <Loading />;
  if (found.isError) {
    return (
      <div className="page">
        <Failure error={found.error} retry={() => void found.refetch()} missing="This home is not listed" />
        <p className="centered"><Link to="/">Search other homes</Link></p>
      </div>
    );
  }
  return <Listing property={found.data.property} />;
}

interface Wanted extends Offered {
  /** The quote to hold it by. */
  by: string | undefined;
}

function Listing({ property }: { property: Property }) {
  const { user } = useSession();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const keys = useActionKeys();
  const calendarRef = useRef<HTMLElement>(null);
  const today = todayIn(property.zone, clock.now());
  const until = addDays(today, AHEAD);
  const units = unitsOf(property);
  const unit = (units.find((one) => one.id === params.get('unit')) ?? units[0]) as Unit;
  const [asked, setGuests] = useState(() => startGuests(params));
  const guests = Math.min(asked, unit.guests);
  const [promo, setPromo] = useState('');
  const stay = readStay(params);

  const calendar = useQuery({
    queryKey: ['calendar', property.id, unit.id, today],
    queryFn: ({ signal }) => api.calendar(property.id, unit.id, today, until, signal),
    enabled: letByNight(property.stay_mode),
    refetchInterval: 30_000,
  });
  const nights = useMemo(() => byNight(calendar.data?.nights ?? []), [calendar.data]);

  const setStay = (next: Stay): void => {
    setParams(
      (old) => {
        const params = new URLSearchParams(old);
        put(params, 'check_in', next.checkIn);
        put(params, 'check_out', next.checkOut);
        return params;
      },
      { replace: true, preventScrollReset: true },
    );
  };

  const chooseUnit = (id: string): void => {
    hold.reset();
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        put(next, 'unit', id === units[0]?.id ? null : id);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  };

  const chosenGone = stay.checkOut !== null && calendar.isSuccess && !isBookable(nights, stay, today);
  const { quote, promoError, refused } = useQuote(property, unit, stay, guests, promo, letByNight(property.stay_mode) && property.status === 'live' && !chosenGone);

  const hold = useMutation({
    mutationFn: ({ checkIn, checkOut, unitId, by }: Wanted) => {
      const body = { property_id: property.id, unit_id: unitId, check_in: checkIn, check_out: checkOut, guests, ...(by && { quote: by }) };
      return api.hold(body, keys.keyFor(body));
    },
    onSuccess: (booking) => {
      keys.settled();
      queries.setQueryData(['booking', booking.id], booking);
      void queries.invalidateQueries({ queryKey: ['bookings'] });
      void queries.invalidateQueries({ queryKey: ['calendar', property.id] });
      void navigate(`/bookings/${booking.id}`);
    },
    onError: (error) => {
      // A refusal is an outcome; no answer is none, and the next try keeps its key.
      if (!(error instanceof Problem) || error.status >= 500) return;
      keys.settled();
      if (error.code === 'nights-taken') void queries.invalidateQueries({ queryKey: ['calendar', property.id] });
      if (error.code === 'quote-expired') void queries.invalidateQueries({ queryKey: ['quote', property.id] });
    },
  });

  const askHold = (): void => {
    if (user) {
      hold.mutate({ checkIn: stay.checkIn as string, checkOut: stay.checkOut as string, unitId: unit.id, by: quote.data?.quote });
      return;
    }
    const back = new URLSearchParams(params);
    if (guests > 1) back.set('guests', String(guests));
    void navigate(`/signin?next=${encodeURIComponent(`/listings/${property.id}?${back}`)}`);
  };
  const toCalendar = (): void => {
    hold.reset();
    setStay(NOTHING);
  };
  const goTo = (other: Stay, unitId: string): void =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        put(next, 'check_in', other.checkIn);
        put(next, 'check_out', other.checkOut);
        put(next, 'unit', unitId === units[0]?.id ? null : unitId);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  /** Other nights in place of those that are gone: held at once, at the price of the moment. */
  const take = (other: Offered): void => {
    goTo(other, other.unitId);
    hold.mutate({ ...other, by: undefined });
  };

  const [lost, setLost] = useState<Lost | null>(null);
  const gone = hold.error instanceof Problem && hold.error.code === 'nights-taken' ? hold.error : null;
  if (gone && hold.variables && lost?.problem !== gone) setLost({ problem: gone, stay: hold.variables });
  // While another stay is being held in its place, the screen stays.
  if (lost && (gone || hold.isPending)) {
    return <NightsGone property={property} unit={unit} lost={lost} nights={nights} today={today} pending={hold.isPending} onTake={take} onBack={toCalendar} />;
  }

  const mine = user?.id === property.owner_id;
  return (
    <div className="page listing">
      <Gallery property={property} />
      <div className="listing-main">
        <ListingHead property={property} unit={unit} mine={mine} />
        {units.length > 1 && <UnitChoice units={units} chosen={unit} onChoose={chooseUnit} />}
        {!letByNight(property.stay_mode) ? (
          <Empty title="Let by the month">
            <p>Months cannot be booked here yet.</p>
          </Empty>
        ) : (
          <section ref={calendarRef} className="listing-part" id="nights" aria-labelledby="nights-title">
            <h2 id="nights-title">Choose your nights</h2>
            <p className="part-note" role="status">{advice(stay, chosenGone, nights)}</p>
            {calendar.isError && !calendar.data ? (
              <Failure error={calendar.error} retry={() => void calendar.refetch()} />
            ) : calendar.isPending ? (
              <Loading label="Loading the calendar" />
            ) : (
              <Calendar key={unit.id} nights={nights} stay={stay} today={today} until={until} onStay={setStay} />
            )}
            <p className="legend">
              <span className="legend-free">Free, with its price in {property.currency}</span>
              <span className="legend-taken">Taken</span>
              {stay.checkIn && (
                <button type="button" className="link" onClick={() => setStay(NOTHING)}>Clear dates</button>
              )}
            </p>
          </section>
        )}
      </div>
      <aside className="listing-side">
        <HoldPanel
          property={property}
          unit={unit}
          stay={stay}
          guests={guests}
          quote={quote.data}
          quoting={quote.isFetching}
          promo={promo}
          promoError={promoError}
          bookable={!chosenGone}
          pending={hold.isPending}
          error={hold.error ?? (quote.data ? null : refused)}
          signedIn={user !== null}
          nearest={
            (chosenGone || refused !== null) && (
              <Nearest property={property} unit={unit} stay={stay} guests={guests} onChoose={goTo} />
            )
          }
          onGuests={setGuests}
          onPromo={setPromo}
          onHold={askHold}
          onDates={() => {
            calendarRef.current?.scrollIntoView({ behavior: 'smooth', block: 'start' });
            calendarRef.current?.querySelector<HTMLButtonElement>('button[tabindex="0"]')?.focus({ preventScroll: true });
          }}
        />
      </aside>
      <div className="listing-about">
        <ListingAbout property={property} />
      </div>
    </div>
  );
}

function ListingHead({ property, unit, mine }: { property: Property; unit: Unit; mine: boolean }) {
  const { address } = property;
  const place = [address.line, address.city, address.region, country(address.country)].filter(Boolean).join(', ');
  return (
    <header className="listing-head">
      <p className="eyebrow">{KINDS[property.kind] ?? property.kind}</p>
      <h1>{property.title}</h1>
      <p className="listing-place">{place}</p>
      <ul className="fact-row">
        {facts(unit).map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
        {unit.count > 1 && <li>{unit.count} of this kind</li>}
      </ul>
      {mine && (
        <p className="note">
          This is your listing{property.status === 'live' ? '' : ', and only you can see it'}. <Link to={`/landlord/${property.id}`}>Edit it</Link>
        </p>
      )}
    </header>
  );
}

function advice(stay: Stay, gone: boolean, nights: Nights): string {
  if (gone) return 'Some of these nights are taken. Choose others.';
  if (choosingEnd(stay)) {
    const least = leastNights(nights, stay.checkIn);
    return least > 1 ? `Now choose the day you leave: at least ${plural(least, 'night')}.` : 'Now choose the day you leave.';
  }
  if (stay.checkOut) return 'Choose another day to start again.';
  return 'Choose the day you arrive, then the day you leave.';
}

function readStay(params: URLSearchParams): Stay {
  const checkIn = params.get('check_in');
  const checkOut = params.get('check_out');
  if (!isDate(checkIn)) return NOTHING;
  return { checkIn, checkOut: isDate(checkOut) && checkOut > checkIn ? checkOut : null };
}

function startGuests(params: URLSearchParams): number {
  const asked = Number(params.get('guests'));
  return Number.isInteger(asked) && asked >= 1 ? asked : 1;
}

function put(params: URLSearchParams, name: string, value: string | null): void {
  if (value === null) params.delete(name);
  else params.set(name, value);
}
