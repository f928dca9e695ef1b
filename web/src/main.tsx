import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import '@fontsource-variable/figtree/wght.css';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/pages.css';
import './style/search.css';
import './style/finding.css';
import './style/filters.css';
import './style/rooms.css';
import './style/stays.css';
import { boot } from './api';
import { Problem, Unreachable } from './api/problem';
import { applyTheme } from './parts/theme';
import { AppRoutes } from './routes';

applyTheme();
void boot();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A server on this machine is reachable without a network: only a try tells.
      networkMode: 'always',
      staleTime: 15_000,
      retry: (failures, error) =>
        failures < 2 &&
        (error instanceof Unreachable || (error instanceof Problem && error.retryable && error.status >= 500)),
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <AppRoutes />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}
