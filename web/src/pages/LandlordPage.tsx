import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { api } from '../api';
import type { Booking, Property } from '../api/types';
import { unitsOf } from '../domain/listing';
import { KINDS, country, isOpen, isStanding, plural, priceText, propertyStatus } from '../domain/words';
import { Badge } from '../parts/Badge';
import { Cover } from '../parts/Cover';
import { LandlordTabs } from '../parts/LandlordTabs';
import { ListingSteps } from '../parts/ListingSteps';
import { Empty, Failure, Loading, Refusal } from '../parts/States';
import { useSession, useTitle } from '../parts/hooks';
import { BookingRow } from './BookingsPage';

export default function LandlordPage() {
  useTitle('Your listings');
  const { user } = useSession();
  const landlord = user?.roles.includes('landlord') ?? false;
  if (!landlord) {
    return (
      <div className="page">
        <Empty title="This page is for landlords">
          <p>You can become one on your account page.</p>
          <Link className="button button-main" to="/account">Go to your account</Link>
        </Empty>
      </div>
    );
  }
  return <Listings />;
}

function useAll<T>(key: string[], load: (cursor?: string) => Promise<{ data: T[]; page: { next: string | null; has_more: boolean } }>) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.page.has_more ? (page.page.next ?? undefined) : undefined),
    refetchInterval: 15_000,
  });
}

function Listings() {
  const homes = useAll<Property>(['own-properties'], api.ownProperties);
  const booked = useAll<Booking>(['bookings', 'landlord'], (cursor) => api.bookings('landlord', cursor));
  const properties = homes.data?.pages.flatMap((page) => page.data) ?? [];
  const bookings = booked.data?.pages.flatMap((page) => page.data) ?? [];
  // Bookings are shown beside their home, so all recent ones are needed; a few pages are.
  useEffect(() => {
    if (booked.hasNextPage && !booked.isFetchingNextPage && (booked.data?.pages.length ?? 0) < 4) void booked.fetchNextPage();
  }, [booked]);

  return (
    <div className="page page-middle">
      <div className="title-row">
        <h1>Your listings</h1>
        <Link className="button button-main" to="/landlord/new">New listing</Link>
      </div>
      <LandlordTabs />
      {homes.isPending ? (
        <Loading />
      ) : homes.isError && properties.length === 0 ? (
        <Failure error={homes.error} retry={() => void homes.refetch()} />
      ) : properties.length === 0 ? (
        <Empty title="No listings yet">
          <p>Describe your place and publish it; tenants can book it at once.</p>
        </Empty>
      ) : (
        <>
          {booked.isError && <Refusal error={booked.error} />}
          {properties.map((property) => (
            <OwnHome key={property.id} property={property} bookings={bookings.filter((one) => one.property_id === property.id)} loaded={booked.isSuccess} />
          ))}
          {homes.hasNextPage && (
            <button type="button" className="button" disabled={homes.isFetchingNextPage} onClick={() => void homes.fetchNextPage()}>
              Show more listings
            </button>
          )}
        </>
      )}
    </div>
  );
}

function OwnHome({ property, bookings, loaded }: { property: Property; bookings: Booking[]; loaded: boolean }) {
  const live = bookings.filter((one) => isStanding(one.status) || isOpen(one.status));
  const ended = bookings.length - live.length;
  const units = unitsOf(property);
  return (
    <article className="panel own">
      <header className="own-head">
        <Cover of={property} isPrivate={property.status !== 'live'} />
        <div>
          <h2>
            <Link to={`/listings/${property.id}`}>{property.title}</Link>
          </h2>
          <p className="fine">
            {KINDS[property.kind]} in {property.address.city}, {country(property.address.country)}
          </p>
          <p className="own-facts">
            <Badge {...propertyStatus(property.status)} />
            <span className="tabular">{priceText(property, units.length) ?? 'No price yet'}</span>
            <span>{plural(units.reduce((sum, unit) => sum + unit.count, 0), 'unit')}</span>
          </p>
        </div>
        <div className="own-actions">
          <Link className="button" to={`/landlord/${property.id}/prices`}>Prices</Link>
          <Link className="button" to={`/landlord/${property.id}`}>Edit</Link>
        </div>
      </header>
      {property.rejection && <p className="refusal">What we ask for: <q>{property.rejection}</q></p>}
      <ListingSteps property={property} />
      {live.length > 0 ? (
        <ul className="rows rows-inner" aria-label={`Bookings of ${property.title}`}>
          {live.sort((a, b) => a.check_in.localeCompare(b.check_in)).map((booking) => (
            <BookingRow key={booking.id} booking={booking} title={false} />
          ))}
        </ul>
      ) : (
        loaded && <p className="fine">No bookings{ended > 0 ? ' now' : ' yet'}.</p>
      )}
      {ended > 0 && (
        <details className="ended">
          <summary>{plural(ended, 'ended booking')}</summary>
          <ul className="rows rows-inner">
            {bookings.filter((one) => !live.includes(one)).map((booking) => (
              <BookingRow key={booking.id} booking={booking} title={false} />
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}
