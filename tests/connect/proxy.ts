import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server of this machine that can be closed, or cut. */
export interface Proxy {
  readonly port: number
  /** Bytes that a connection may send to its client before it is cut; none when undefined. */
  cutAfter: number | undefined
  /** Cut by a reset, or by an end that looks orderly. */
  how: 'reset' | 'end'
  /** Turns connections away with this error of PostgreSQL. */
  refuse: string | undefined
  /** How many bytes the last connection has sent to its client. */
  readonly sent: number
  close(): Promise<void>
}

export async function startProxy(to: number): Promise<Proxy> {
  const open = new Set<Socket>()
  let sent = 0
  const server = createServer((client) => {
    open.add(client)
    client.on('error', () => undefined)
    client.on('close', () => open.delete(client))
    if (proxy.refuse !== undefined) return turnAway(client, proxy.refuse)
    let mine = 0
    let isCut = false
    const { cutAfter = Infinity, how } = proxy
    const upstream = connect(to, '127.0.0.1')
    open.add(upstream)
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => {
      open.delete(upstream)
      client.end()
    })
    client.on('close', () => upstream.destroy())
    client.on('data', (piece: Buffer) => upstream.write(piece))
    upstream.on('data', (piece: Buffer) => {
      if (isCut) return
      const part = piece.subarray(0, cutAfter - mine)
      sent = mine += part.length
      const end = () => {
        if (how === 'reset') client.resetAndDestroy()
        else client.end()
        upstream.destroy()
      }
      isCut = mine >= cutAfter
      if (isCut) client.write(part, end)
      else client.write(part)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    cutAfter: undefined,
    how: 'reset',
    refuse: undefined,
    get sent() {
      return sent
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
  return proxy
}

/** Speaks as a server that lets nobody in (PostgreSQL, "Message Formats": SSLRequest, ErrorResponse). */
function turnAway(client: Socket, code: string): void {
  client.on('data', (message: Buffer) => {
    if (message.length === 8 && message.readInt32BE(4) === 80877103) return void client.write('N')
    const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mnot now\0\0`)
    const head = Buffer.alloc(5, 'E')
    head.writeInt32BE(fields.length + 4, 1)
    client.end(Buffer.concat([head, fields]))
  })
}
