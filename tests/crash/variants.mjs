// Drivers that are wrong on purpose: what checks crashes must find out about each of them. See `hook.mjs`.
import path from 'node:path'

/** `link` and `rename` as a variant has them. `halfway` is a moment at which the process may die. */
export function applyVariant(variant, promises, halfway) {
  const sound = { link: promises.link, rename: promises.rename }
  if (variant === 'in-place')
    return { ...sound, link: (from, to) => writeInPlace(promises, from, to, halfway) }
  if (variant === 'rename-over') return { ...sound, link: (from, to) => renameOver(promises, from, to) }
  if (variant === 'commit-first') return commitFirst(promises, halfway)
  return sound
}

/** An object gets its name first, and its bytes one after the other. */
async function writeInPlace(promises, from, to, halfway) {
  const bytes = await promises.readFile(from)
  const file = await promises.open(to, 'wx')
  await file.write(bytes.subarray(0, Math.floor(bytes.length / 2)))
  await file.sync()
  await halfway(to)
  await file.write(bytes.subarray(Math.floor(bytes.length / 2)))
  await file.close()
}

/** Looks whether there is an object, and then puts it there: whoever came between is overwritten. */
async function renameOver(promises, from, to) {
  await promises.copyFile(from, `${to}.copy`)
  await promises.rename(`${to}.copy`, to)
}

/** The files of versions are moved to their places only after the commit that names them. */
function commitFirst(promises, halfway) {
  const waiting = []
  return {
    rename: async (from, to) => {
      if (!path.basename(from).includes('.staging-')) return promises.rename(from, to)
      // Others look for the folder, so it must be there.
      await promises.rename(from, `${to}.late`)
      await promises.mkdir(to)
      waiting.push([`${to}.late`, to])
    },
    link: async (from, to) => {
      await promises.link(from, to)
      if (!to.includes('/log/')) return
      await halfway(to)
      for (const [late, folder] of waiting.splice(0)) {
        for (const name of await promises.readdir(late))
          await promises.rename(path.join(late, name), path.join(folder, name))
        await promises.rmdir(late)
      }
    },
  }
}
