import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { api, clock } from '../api';
import { Problem } from '../api/problem';
import type { Property } from '../api/types';
import { addDays, isDate, todayIn } from '../domain/dates';
import { NOTHING, byNight, choosingEnd, isBookable, type Stay } from '../domain/nights';
import { KINDS, amenity as amenityName, country, facts } from '../domain/words';
import { Calendar } from '../parts/Calendar';
import { HomeArt } from '../parts/HomeArt';
import { HoldPanel } from '../parts/HoldPanel';
import { NightsGone } from '../parts/NightsGone';
import { Failure, Loading } from '../parts/States';
import { useActionKeys, useSession, useTitle } from '../parts/hooks';

const PlaceMap = lazy(() => import('../map/PlaceMap'));

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
  const queries = useQueryClient();
  const keys = useActionKeys();
  const calendarRef = useRef<HTMLElement>(null);
  const today = todayIn(property.zone, clock.now());
  const until = addDays(today, AHEAD);
  const [guests, setGuests] = useState(() => startGuests(params, property));
  const stay = readStay(params);

  const calendar = useQuery({
    queryKey: ['calendar', property.id, today],
    queryFn: ({ signal }) => api.calendar(property.id, today, until, signal),
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

  const hold = useMutation({
    mutationFn: () => {
      const body = {
        property_id: property.id,
        unit_id: property.unit.id,
        check_in: stay.checkIn as string,
        check_out: stay.checkOut as string,
        guests,
      };
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
    },
  });

  const askHold = (): void => {
    if (user) {
      hold.mutate();
      return;
    }
    const back = new URLSearchParams(params);
    if (guests > 1) back.set('guests', String(guests));
    void navigate(`/signin?next=${encodeURIComponent(`/listings/${property.id}?${back}`)}`);
  };
  const toCalendar = (next: Stay): void => {
    hold.reset();
    setStay(next);
  };

  const gone = hold.error instanceof Problem && hold.error.code === 'nights-taken' ? hold.error : null;
  if (gone) {
    return <NightsGone property={property} stay={stay} nights={nights} today={today} problem={gone} onChoose={toCalendar} />;
  }

  const chosenGone = stay.checkOut !== null && calendar.isSuccess && !isBookable(nights, stay, today);
  const mine = user?.id === property.owner_id;
  return (
    <div className="page listing">
      <div className="listing-hero">
        <HomeArt id={property.id} kind={property.kind} wide />
      </div>
      <div className="listing-main">
        <ListingHead property={property} mine={mine} />
        <section ref={calendarRef} className="listing-part" id="nights" aria-labelledby="nights-title">
          <h2 id="nights-title">Choose your nights</h2>
          <p className="part-note" role="status">{advice(stay, chosenGone)}</p>
          {calendar.isError && !calendar.data ? (
            <Failure error={calendar.error} retry={() => void calendar.refetch()} />
          ) : calendar.isPending ? (
            <Loading label="Loading the calendar" />
          ) : (
            <Calendar key={property.id} nights={nights} stay={stay} today={today} until={until} onStay={setStay} />
          )}
          <p className="legend">
            <span className="legend-free">Free, with its price in {property.currency}</span>
            <span className="legend-taken">Taken</span>
            {stay.checkIn && (
              <button type="button" className="link" onClick={() => setStay(NOTHING)}>Clear dates</button>
            )}
          </p>
        </section>
      </div>
      <aside className="listing-side">
        <HoldPanel
          property={property}
          stay={stay}
          nights={nights}
          guests={guests}
          bookable={!chosenGone}
          pending={hold.isPending}
          error={hold.error}
          signedIn={user !== null}
          onGuests={setGuests}
          onHold={askHold}
          onDates={() => {
            calendarRef.current?.scrollIntoView({ behavior: 'smooth', block: 'start' });
            calendarRef.current?.querySelector<HTMLButtonElement>('button[tabindex="0"]')?.focus({ preventScroll: true });
          }}
        />
      </aside>
      <div className="listing-about">
        <About property={property} />
      </div>
    </div>
  );
}

function ListingHead({ property, mine }: { property: Property; mine: boolean }) {
  const { address } = property;
  const place = [address.line, address.city, address.region, country(address.country)].filter(Boolean).join(', ');
  return (
    <header className="listing-head">
      <p className="eyebrow">{KINDS[property.kind] ?? property.kind}</p>
      <h1>{property.title}</h1>
      <p className="listing-place">{place}</p>
      <ul className="fact-row">
        {facts(property.unit).map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
        {property.unit.count > 1 && <li>{property.unit.count} of this kind</li>}
      </ul>
      {mine && (
        <p className="note">
          This is your listing{property.status === 'live' ? '' : ', and only you can see it'}. <Link to={`/landlord/${property.id}`}>Edit it</Link>
        </p>
      )}
    </header>
  );
}

function About({ property }: { property: Property }) {
  const paragraphs = property.description.split(/\n{1,}/).map((part) => part.trim()).filter(Boolean);
  return (
    <>
      {paragraphs.length > 0 && (
        <section className="listing-part">
          <h2>About this home</h2>
          <div className="prose">
            {paragraphs.map((part, index) => (
              <p key={index}>{part}</p>
            ))}
          </div>
        </section>
      )}
      {property.amenities.length > 0 && (
        <section className="listing-part">
          <h2>What it offers</h2>
          <ul className="amenities">
            {property.amenities.map((amenity) => (
              <li key={amenity}>{amenityName(amenity)}</li>
            ))}
          </ul>
        </section>
      )}
      <section className="listing-part">
        <h2>Where it is</h2>
        <p className="part-note">Shown to about a kilometre.</p>
        <div className="place-map">
          <Suspense fallback={<div className="map-wait" />}>
            <PlaceMap lat={property.location.lat} lon={property.location.lon} zoom={6} />
          </Suspense>
        </div>
      </section>
    </>
  );
}

function advice(stay: Stay, gone: boolean): string {
  if (gone) return 'Some of these nights are taken. Choose others.';
  if (choosingEnd(stay)) return 'Now choose the day you leave.';
  if (stay.checkOut) return 'Choose another day to start again.';
  return 'Choose the day you arrive, then the day you leave.';
}

function readStay(params: URLSearchParams): Stay {
  const checkIn = params.get('check_in');
  const checkOut = params.get('check_out');
  if (!isDate(checkIn)) return NOTHING;
  return { checkIn, checkOut: isDate(checkOut) && checkOut > checkIn ? checkOut : null };
}

function startGuests(params: URLSearchParams, property: Property): number {
  const asked = Number(params.get('guests'));
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, property.unit.guests) : 1;
}

function put(params: URLSearchParams, name: string, value: string | null): void {
  if (value === null) params.delete(name);
  else params.set(name, value);
}
