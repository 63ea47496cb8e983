import type { Session } from '../engine/engine.ts'

/** A session that notes under which handles relations were read, in rows and in queries. */
export function watchedSession(session: Session, reads: Set<string>): Session {
  const note = (handles: readonly string[]) => {
    for (const handle of handles) reads.add(handle)
  }
  return {
    write: (handle, query) => {
      note(query.relations)
      return session.write(handle, query)
    },
    takeOut: (handle, query) => {
      note(query.relations)
      return session.takeOut(handle, query)
    },
    query: (query) => {
      note(query.relations)
      return session.query(query)
    },
    read: (handle) => {
      note([handle])
      return session.read(handle)
    },
    insert: (handle, rows) => session.insert(handle, rows),
    empty: (handle) => session.empty(handle),
    finish: () => session.finish(),
    sources: () => session.sources(),
    checks: () => session.checks(),
    kept: (handle) => session.kept(handle),
    interrupt: () => session.interrupt(),
    close: () => session.close(),
  }
}
