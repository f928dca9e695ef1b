import { lazy, Suspense } from 'react';
import type { Policies } from '../api/next';
import type { Property } from '../api/types';
import { formatMoney } from '../domain/money';
import { CANCELLATIONS, plural } from '../domain/words';
import { useAmenities } from './hooks';

const PlaceMap = lazy(() => import('../map/PlaceMap'));

/** What there is to say of a home below its calendar. */
export function ListingAbout({ property }: { property: Property }) {
  return (
    <>
      <Text title="About this home" text={property.description} />
      <Offers keys={property.amenities} />
      {property.policies && <HouseRules policies={property.policies} property={property} />}
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

function Text({ title, text }: { title: string; text: string }) {
  const paragraphs = text.split(/\n{1,}/).map((part) => part.trim()).filter(Boolean);
  if (paragraphs.length === 0) return null;
  return (
    <section className="listing-part">
      <h2>{title}</h2>
      <div className="prose">
        {paragraphs.map((part, index) => (
          <p key={index}>{part}</p>
        ))}
      </div>
    </section>
  );
}

function Offers({ keys }: { keys: string[] }) {
  const catalogue = useAmenities();
  if (keys.length === 0) return null;
  const label = (key: string): string => catalogue.data?.find((entry) => entry.key === key)?.label ?? key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ');
  return (
    <section className="listing-part">
      <h2>What it offers</h2>
      <ul className="amenities">
        {keys.map((key) => (
          <li key={key}>{label(key)}</li>
        ))}
      </ul>
    </section>
  );
}

function HouseRules({ policies, property }: { policies: Policies; property: Property }) {
  const { check_in_from, check_in_until, check_out_until, min_nights, max_nights } = policies;
  const cancelling = CANCELLATIONS[policies.cancellation];
  return (
    <section className="listing-part house-rules">
      <h2>House rules</h2>
      <dl className="pairs">
        <div>
          <dt>Check-in</dt>
          <dd>{check_in_until ? `${check_in_from} to ${check_in_until}` : `from ${check_in_from}`}</dd>
        </div>
        <div>
          <dt>Check-out</dt>
          <dd>by {check_out_until}</dd>
        </div>
        {(min_nights > 1 || max_nights) && (
          <div>
            <dt>Length</dt>
            <dd>
              {min_nights > 1 && `at least ${plural(min_nights, 'night')}`}
              {min_nights > 1 && max_nights ? ', ' : ''}
              {max_nights && `at most ${plural(max_nights, 'night')}`}
            </dd>
          </div>
        )}
        {!policies.instant_book && (
          <div>
            <dt>Booking</dt>
            <dd>The landlord is asked first, and answers within a day.</dd>
          </div>
        )}
        <div>
          <dt>Cancelling</dt>
          <dd>{cancelling ? `${cancelling.label}. ${cancelling.about}` : policies.cancellation}</dd>
        </div>
        {property.deposit && property.deposit.amount > 0 && (
          <div>
            <dt>Deposit</dt>
            <dd>{formatMoney(property.deposit)}, given back after the stay</dd>
          </div>
        )}
        {property.cleaning_fee && property.cleaning_fee.amount > 0 && (
          <div>
            <dt>Cleaning</dt>
            <dd>{formatMoney(property.cleaning_fee)} a stay</dd>
          </div>
        )}
      </dl>
      {policies.house_rules && (
        <div className="prose">
          {policies.house_rules.split(/\n{1,}/).filter((part) => part.trim()).map((part, index) => (
            <p key={index}>{part}</p>
          ))}
        </div>
      )}
    </section>
  );
}
