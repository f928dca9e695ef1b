import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { api, clock } from '../api';
import type { Unit } from '../api/next';
import type { Property } from '../api/types';
import { addDays, isDate, todayIn } from '../domain/dates';
import { byNight as letByNight, unitsOf } from '../domain/listing';
import { NOTHING, byNight, choosingEnd, isBookable, leastNights, type Nights, type Stay } from '../domain/nights';
import { readForm } from '../domain/query';
import { KINDS, country, facts, plural } from '../domain/words';
import { Calendar } from '../parts/Calendar';
import { Gallery } from '../parts/Gallery';
import { Heart } from '../parts/Heart';
import { HoldPanel } from '../parts/HoldPanel';
import { ListingAbout } from '../parts/ListingAbout';
import { NightsGone } from '../parts/NightsGone';
import { Nearest } from '../parts/Nearest';
import { Similar } from '../parts/Similar';
import { useHold, type Offered } from '../parts/holding';
import { useQuote } from '../parts/quotes';
import { Empty, Failure, Loading } from '../parts/States';
import { UnitChoice } from '../parts/UnitChoice';
import { useSession, useTitle } from '../parts/hooks';

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

function Listing({ property }: { property: Property }) {
  const { user } = useSession();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
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

  /** The choice is kept in the address, so that a link and the way back from signing in have it. */
  const choose = (next: Stay, unitId: string): void =>
    setParams(
      (old) => {
        const params = new URLSearchParams(old);
        put(params, 'check_in', next.checkIn);
        put(params, 'check_out', next.checkOut);
        put(params, 'unit', unitId === units[0]?.id ? null : unitId);
        return params;
      },
      { replace: true, preventScrollReset: true },
    );
  const setStay = (next: Stay): void => choose(next, unit.id);
  const chooseUnit = (id: string): void => {
    hold.reset();
    choose(stay, id);
  };

  const chosenGone = stay.checkOut !== null && calendar.isSuccess && !isBookable(nights, stay, today);
  const isOffered = letByNight(property.stay_mode) && property.status === 'live';
  const { quote, promoError, refused } = useQuote(property, unit, stay, guests, promo, isOffered && !chosenGone);
  const hold = useHold(property, guests);

  const askHold = (): void => {
    if (user) {
      hold.ask({ checkIn: stay.checkIn as string, checkOut: stay.checkOut as string, unitId: unit.id, quote: quote.data?.quote });
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
  /** Other nights in place of those that are gone: held at once, at the price of the moment. */
  const take = (other: Offered): void => {
    choose(other, other.unitId);
    hold.ask({ ...other, promo });
  };

  // While another stay is being held in its place, the screen stays.
  if (hold.lost) {
    return <NightsGone property={property} unit={unit} lost={hold.lost} nights={nights} today={today} pending={hold.pending} onTake={take} onBack={toCalendar} />;
  }

  const mine = user?.id === property.owner_id;
  return (
    <div className="page listing">
      <Gallery property={property} />
      <div className="listing-main">
        <ListingHead property={property} unit={unit} mine={mine} stay={stay} />
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
          promoError={promoError ?? hold.promoError}
          bookable={!chosenGone}
          pending={hold.pending}
          error={hold.promoError ? null : (hold.error ?? (quote.data ? null : refused))}
          signedIn={user !== null}
          nearest={
            (chosenGone || refused !== null) && (
              <Nearest property={property} unit={unit} stay={stay} guests={guests} onChoose={choose} />
            )
          }
          onGuests={setGuests}
          onPromo={(code) => {
            hold.reset();
            setPromo(code);
          }}
          onHold={askHold}
          onDates={() => {
            calendarRef.current?.scrollIntoView({ behavior: 'smooth', block: 'start' });
            calendarRef.current?.querySelector<HTMLButtonElement>('button[tabindex="0"]')?.focus({ preventScroll: true });
          }}
        />
      </aside>
      <div className="listing-about">
        <ListingAbout property={property} />
        <Similar id={property.id} form={readForm(params)} />
      </div>
    </div>
  );
}

function ListingHead({ property, unit, mine, stay }: { property: Property; unit: Unit; mine: boolean; stay: Stay }) {
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
      {property.status === 'live' && (
        <Heart id={property.id} title={property.title} checkIn={stay.checkIn} checkOut={stay.checkOut} withWords />
      )}
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
