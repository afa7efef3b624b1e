import { render } from 'preact'
import { App } from './app.tsx'
import { WhenReady } from './readiness.tsx'
import './style/base.css'
import './style/tables.css'
import './style/pictures.css'
import './style/pages.css'

const place = document.getElementById('app')
if (place !== null) {
  render(
    <WhenReady>
      <App />
    </WhenReady>,
    place,
  )
}
