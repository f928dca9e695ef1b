import { NavLink } from 'react-router';

/** The rooms of a landlord. */
export function LandlordTabs() {
  return (
    <nav className="tabs" aria-label="Hosting">
      <NavLink to="/landlord" end>Listings</NavLink>
      <NavLink to="/landlord/calendar">Calendar</NavLink>
      <NavLink to="/landlord/requests">Requests</NavLink>
    </nav>
  );
}

/** What can be set about one listing. */
export function ListingTabs({ id }: { id: string }) {
  const base = `/landlord/${encodeURIComponent(id)}`;
  return (
    <nav className="tabs" aria-label="This listing">
      <NavLink to={base} end>Listing</NavLink>
      <NavLink to={`${base}/prices`}>Prices</NavLink>
      <NavLink to={`${base}/stay-rules`}>Stay rules</NavLink>
    </nav>
  );
}
