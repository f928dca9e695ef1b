import { NavLink } from 'react-router';

/** What somebody keeps an eye on. */
export function WatchTabs() {
  return (
    <nav className="tabs" aria-label="Kept">
      <NavLink to="/favourites">Favourites</NavLink>
      <NavLink to="/saved">Saved searches</NavLink>
    </nav>
  );
}
