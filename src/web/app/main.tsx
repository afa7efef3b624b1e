import { render } from 'preact'
import { App } from './app.tsx'
import { WhenReady } from './readiness.tsx'
import './style.css'

const place = document.getElementById('app')
if (place !== null) {
  render(
    <WhenReady>
      <App />
    </WhenReady>,
    place,
  )
}
