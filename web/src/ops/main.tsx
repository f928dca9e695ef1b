import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/figtree/wght.css';
import '../style/tokens.css';
import '../style/base.css';
import '../style/parts.css';
import './ops.css';
import { applyTheme } from '../parts/theme';
import { OpsApp } from './OpsApp';

applyTheme();

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <OpsApp />
    </StrictMode>,
  );
}
