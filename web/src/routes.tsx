import { lazy, Suspense, type ReactNode } from 'react';
import { Navigate, Outlet, Route, Routes, useLocation } from 'react-router';
import { BookingPage } from './pages/BookingPage';
import { BookingsPage } from './pages/BookingsPage';
import { ListingPage } from './pages/ListingPage';
import { ForgotPage, ResetPage, UnsubscribePage, VerifyPage } from './pages/MailLinkPages';
import { NotFoundPage } from './pages/NotFoundPage';
import { SearchPage } from './pages/SearchPage';
import { RegisterPage, SignInPage } from './pages/SignPages';
import { useSession } from './parts/hooks';
import { Shell } from './parts/Shell';
import { Loading } from './parts/States';

// What few visitors see is loaded when they do.
const AccountPage = lazy(() => import('./pages/AccountPage'));
const AdminPages = lazy(() => import('./pages/AdminPages'));
const FavouritesPage = lazy(() => import('./pages/FavouritesPage'));
const HostingCalendarPage = lazy(() => import('./pages/HostingCalendarPage'));
const LandlordPage = lazy(() => import('./pages/LandlordPage'));
const ListingFormPage = lazy(() => import('./pages/ListingFormPage'));
const NotificationsPage = lazy(() => import('./pages/NotificationsPage'));
const PreferencesPage = lazy(() => import('./pages/PreferencesPage'));
const PricingPage = lazy(() => import('./pages/PricingPage'));
const RequestsPage = lazy(() => import('./pages/RequestsPage'));
const SavedSearchesPage = lazy(() => import('./pages/SavedSearchesPage'));
const StayRulesPage = lazy(() => import('./pages/StayRulesPage'));

export function AppRoutes() {
  return (
    <Routes>
      <Route element={<Shell />}>
        <Route index element={<SearchPage />} />
        <Route path="listings/:id" element={<ListingPage />} />
        <Route path="signin" element={<SignInPage />} />
        <Route path="login" element={<Navigate to="/signin" replace />} />
        <Route path="register" element={<RegisterPage />} />
        <Route path="verify" element={<VerifyPage />} />
        <Route path="forgot" element={<ForgotPage />} />
        <Route path="reset" element={<ResetPage />} />
        <Route path="unsubscribe" element={<UnsubscribePage />} />
        <Route element={<SignedIn />}>
          <Route path="bookings" element={<BookingsPage />} />
          <Route path="bookings/:id" element={<BookingPage />} />
          <Route path="favourites" element={<Later><FavouritesPage /></Later>} />
          <Route path="saved" element={<Later><SavedSearchesPage /></Later>} />
          <Route path="account" element={<Later><AccountPage /></Later>} />
          <Route path="account/notifications" element={<Later><PreferencesPage /></Later>} />
          <Route path="notifications" element={<Later><NotificationsPage /></Later>} />
          <Route path="admin/:room?" element={<Later><AdminPages /></Later>} />
          <Route path="landlord" element={<Later><LandlordPage /></Later>} />
          <Route path="landlord/new" element={<Later><ListingFormPage /></Later>} />
          <Route path="landlord/calendar" element={<Later><HostingCalendarPage /></Later>} />
          <Route path="landlord/requests" element={<Later><RequestsPage /></Later>} />
          <Route path="landlord/:id" element={<Later><ListingFormPage /></Later>} />
          <Route path="landlord/:id/prices" element={<Later><PricingPage /></Later>} />
          <Route path="landlord/:id/stay-rules" element={<Later><StayRulesPage /></Later>} />
        </Route>
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}

function Later({ children }: { children: ReactNode }) {
  return <Suspense fallback={<Loading />}>{children}</Suspense>;
}

/** Pages that belong to somebody: others sign in first and come back. */
function SignedIn() {
  const { phase } = useSession();
  const location = useLocation();
  if (phase === 'starting') return <Loading />;
  if (phase === 'out') {
    const next = encodeURIComponent(location.pathname + location.search);
    return <Navigate to={`/signin?next=${next}`} replace />;
  }
  return <Outlet />;
}
