import { Link } from 'react-router';
import type { Favourite } from '../api/watched';
import { formatRange } from '../domain/dates';
import { formatMoney } from '../domain/money';
import { readForm } from '../domain/query';
import { priceChange } from '../domain/watched';
import { HomeCard } from '../parts/HomeCard';
import { Empty, Failure, Loading } from '../parts/States';
import { Heart } from '../parts/Heart';
import { WatchTabs } from '../parts/WatchTabs';
import { useFavourites } from '../parts/favourites';
import { useTitle } from '../parts/hooks';

export default function FavouritesPage() {
  useTitle('Favourites');
  const found = useFavourites();
  const all = found.data ?? [];
  return (
    <div className="page">
      <WatchTabs />
      <h1>Favourites</h1>
      {found.isPending ? (
        <Loading />
      ) : found.isError && !found.data ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : all.length === 0 ? (
        <Empty title="No favourites yet">
          <p>Press the heart of a home to keep an eye on it: you are told when it gets cheaper, and when your dates become free.</p>
          <Link className="button button-main" to="/">Search homes</Link>
        </Empty>
      ) : (
        <ul className="cards">
          {all.map((one) => (
            <KeptHome key={one.property_id} kept={one} />
          ))}
        </ul>
      )}
    </div>
  );
}

function KeptHome({ kept }: { kept: Favourite }) {
  const dates = new URLSearchParams(kept.check_in && kept.check_out ? { check_in: kept.check_in, check_out: kept.check_out } : {});
  if (!kept.home) {
    return (
      <li className="card card-gone">
        <div className="card-text">
          <h2>{kept.title}</h2>
          <p className="card-facts">Not offered at the moment.</p>
          <Heart id={kept.property_id} title={kept.title} withWords />
        </div>
      </li>
    );
  }
  return (
    <HomeCard card={kept.home} form={readForm(dates)} onLift={() => undefined}>
      <PriceLine kept={kept} />
      {kept.check_in && kept.check_out && (
        <p className="card-facts">
          {formatRange(kept.check_in, kept.check_out)}: {kept.nights_free ? 'free' : 'taken, you are told when that changes'}
        </p>
      )}
    </HomeCard>
  );
}

function PriceLine({ kept }: { kept: Favourite }) {
  const change = priceChange(kept);
  if (change === null || !kept.price_then) return null;
  return (
    <p className={change < 0 ? 'price-line price-down' : 'price-line'}>
      {change < 0 ? `${-change} % less` : `${change} % more`} than when you kept it ({formatMoney(kept.price_then)})
    </p>
  );
}
