import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { Pricing } from '../api/next';
import { prices } from '../api/prices';
import { ListingTabs } from '../parts/LandlordTabs';
import { Promos } from '../parts/pricing/Promos';
import { RatesForm } from '../parts/pricing/RatesForm';
import { Rules, SpecialNights } from '../parts/pricing/Rules';
import { Failure, Loading } from '../parts/States';
import { useTitle } from '../parts/hooks';

/** What its landlord sets about the prices of a home. */
export default function PricingPage() {
  const { id = '' } = useParams();
  useTitle('Prices');
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ['pricing', id],
    queryFn: ({ signal }) => prices.pricing(id, signal),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const saved = (pricing: Pricing): void => {
    queries.setQueryData(['pricing', id], pricing);
    void queries.invalidateQueries({ queryKey: ['property', id] });
    void queries.invalidateQueries({ queryKey: ['calendar', id] });
    void queries.invalidateQueries({ queryKey: ['hosting-calendar'] });
  };
  if (found.isPending) return <Loading />;
  if (found.isError || !found.data.rules) {
    return <Failure error={found.error} retry={() => void found.refetch()} missing="This home is not yours to price" />;
  }
  return (
    <div className="page page-narrow">
      <nav aria-label="Breadcrumb" className="crumb"><Link to="/landlord">‹ Your listings</Link></nav>
      <h1>Prices</h1>
      <ListingTabs id={id} />
      <div className="editor">
        <RatesForm pricing={found.data} onSaved={saved} />
        <Rules pricing={found.data} onSaved={saved} />
        <SpecialNights pricing={found.data} onSaved={saved} />
        <Promos pricing={found.data} />
      </div>
    </div>
  );
}
