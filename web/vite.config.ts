import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.RENTEZY_API ?? 'http://127.0.0.1:8080';
const operators = process.env.RENTEZY_OPS ?? 'http://127.0.0.1:8081';

// The server checks the Origin of a token refresh against its own address, so the
// proxy has to speak as that address.
const proxied = {
  target: server,
  changeOrigin: true,
  headers: { origin: server },
};

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // A data: URL for a font or a script would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The app, and the operators' page, which their own listener serves.
    rollupOptions: { input: ['index.html', 'ops.html'] },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': proxied,
      '/sandbox': proxied,
      '/version': proxied,
      '/ops/v1': { target: operators, changeOrigin: true },
    },
  },
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts'],
  },
});
