import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { NewProject, removeProjects } from './new-kit.ts'

afterAll(removeProjects)

describe('sluice new table', () => {
  it('x', async () => {
    const project = new NewProject()
    project.take('nyc-taxi/taxi_zone_lookup.csv')
    project.take('northwind/orders.csv')
    project.take('nyc-taxi/yellow_tripdata_sample_2019-01.csv.gz')
    project.take('nyc-taxi/yellow_tripdata_sample_2019-02.csv.gz')
    project.write('raw/events.ndjson', '{"id":1,"tags":["a"],"at":"2024-01-01T00:00:00Z","who":{"name":"x","the age":3},"payload":{"user":{"first_name":"Ada","last_name":"Lovelace","address":{"street":"x","city":"y","zip":"01"}},"visits":[{"page":"/","seconds":1.5,"referrer":"none at all","agent":"browser"}]}}\n{"id":2,"name":"a"}\n')
    project.write('raw/odd.csv', 'order;class name;"it\'s ""so""";`${x}`;größe\n1;2,5;01;a;b\n;3,25;02;NA;c\n')
    console.log(await project.new('table', 'bronze.zones', '--from', 'raw/taxi_zone_lookup.csv', '--key', 'LocationID'))
    console.log(await project.new('table', 'bronze.orders', '--from', 'raw/orders.csv'))
    console.log(await project.new('table', 'bronze.trips', '--from', 'raw/yellow*.csv.gz'))
    console.log(await project.new('table', 'events', '--from', 'raw/events.ndjson'))
    console.log(await project.new('table', 'bronze.odd', '--from', 'raw/odd.csv'))
    for (const f of ['bronze/zones', 'bronze/orders', 'bronze/trips', 'events', 'bronze/odd']) { console.log(project.read(`notebooks/${f}.ts`)); expect(await project.asFormatted(`notebooks/${f}.ts`)).toBe(project.read(`notebooks/${f}.ts`)) }
    console.log(await project.new('notebook', 'silver/odd', '--reads', 'bronze.odd,events', '--writes', 'silver.odd'))
    console.log(await project.new('notebook', 'silver/ev', '--reads', 'events', '--writes', 'silver.events', '--run'))
    for (const f of ['silver/odd', 'silver/ev']) { console.log(project.read(`notebooks/${f}.ts`)); expect(await project.asFormatted(`notebooks/${f}.ts`)).toBe(project.read(`notebooks/${f}.ts`)) }
    expect(project.typeErrors()).toEqual([])
  }, 120000)
})
