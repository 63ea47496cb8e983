const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** A span of milliseconds for people: `12ms`, `2.3s`, `2m 05s`, `1h 03m`. */
export function durationText(ms: number): string {
  if (ms < 0.95 * second) return `${Math.round(ms)}ms`
  if (ms < 59.95 * second) return `${(ms / second).toFixed(1)}s`
  const seconds = Math.round(ms / second)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  const minutes = Math.round(ms / minute)
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
}

/** How long ago a time was: `just now`, `5 min ago`, `3 h ago`, `2 days ago`; the day itself after a month. */
export function agoText(at: string | Date, now: Date): string {
  const time = new Date(at)
  const ms = now.getTime() - time.getTime()
  if (Number.isNaN(ms)) return String(at)
  if (ms < -minute || ms >= 30 * day) return time.toISOString().slice(0, 10)
  if (ms < 10 * second) return 'just now'
  if (ms < minute) return `${Math.floor(ms / second)} s ago`
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`
  if (ms < day) return `${Math.floor(ms / hour)} h ago`
  const days = Math.floor(ms / day)
  return days === 1 ? '1 day ago' : `${days} days ago`
}

function two(count: number): string {
  return String(count).padStart(2, '0')
}
