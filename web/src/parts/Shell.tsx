import { useEffect, useRef, useState } from 'react';
import { Link, NavLink, Outlet, useLocation } from 'react-router';
import { Bell } from './Bell';
import { HeartIcon } from './Heart';
import { useReached, useSession, useVersion } from './hooks';
import { saveTheme, savedTheme, type Theme } from './theme';

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const first = useRef(true);

  // A new page starts at its top, with the reader's focus on it.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Banners />
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Footer />
    </>
  );
}

function Banners() {
  const version = useVersion();
  const reached = useReached();
  return (
    <>
      {version.data?.payments === 'sandbox' && (
        <p className="banner banner-test">Test payments – no real money</p>
      )}
      {!reached && (
        <p className="banner banner-offline" role="status">
          RentEzy can’t be reached right now. What you see may be out of date.
        </p>
      )}
    </>
  );
}

function Header() {
  const { phase, user } = useSession();
  const landlord = user?.roles.includes('landlord') ?? false;
  const admin = user?.roles.includes('admin') ?? false;
  return (
    <header className="top">
      <div className="top-in">
        <Link to="/" className="brand" aria-label="RentEzy, home">
          <Mark />
          <span>RentEzy</span>
        </Link>
        <nav aria-label="Main">
          {phase === 'in' && <NavLink to="/bookings">Bookings</NavLink>}
          {landlord && <NavLink to="/landlord"><span className="nav-more">Your </span>listings</NavLink>}
          {admin && <NavLink to="/admin">Admin</NavLink>}
          {phase === 'in' && (
            <NavLink to="/favourites" className="nav-kept" aria-label="Favourites and saved searches">
              <HeartIcon />
            </NavLink>
          )}
          {phase === 'in' && <Bell />}
          {phase === 'in' && (
            <NavLink to="/account" end className="nav-account">
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <circle cx="12" cy="8" r="4" />
                <path d="M4 20.500c1-4 4-6 8-6s7 2 8 6" />
              </svg>
              <span>Account</span>
            </NavLink>
          )}
          {phase === 'out' && (
            <>
              <NavLink to="/signin">Sign in</NavLink>
              <NavLink to="/register" className="nav-strong">
                Register
              </NavLink>
            </>
          )}
        </nav>
      </div>
    </header>
  );
}

function Footer() {
  const version = useVersion();
  const [theme, setTheme] = useState<Theme>(savedTheme);
  const choose = (next: Theme): void => {
    saveTheme(next);
    setTheme(next);
  };
  return (
    <footer className="foot">
      <div className="foot-in">
        <span>RentEzy{version.data ? ` ${version.data.version}` : ''}</span>
        <fieldset className="segments">
          <legend className="hidden">Colours</legend>
          {(['system', 'light', 'dark'] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="theme" checked={theme === one} onChange={() => choose(one)} />
              <span>{one === 'system' ? 'Auto' : one === 'light' ? 'Light' : 'Dark'}</span>
            </label>
          ))}
        </fieldset>
      </div>
    </footer>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path className="mark-house" d="M4 15.200 16 4.500l12 10.700V27a1.500 1.500 0 0 1-1.500 1.500h-21A1.500 1.500 0 0 1 4 27z" />
      <rect className="mark-light" x="11.500" y="14.500" width="9" height="9" rx="1.200" />
      <path className="mark-bars" d="M16 14.500v9M11.500 19h9" />
    </svg>
  );
}
