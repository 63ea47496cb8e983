import { flow } from 'sluice'
import importData from '../notebooks/northwind/import_data.ts'
import ingestData from '../notebooks/northwind/ingest_data.ts'
import { orderDetailsFile, ordersFile } from '../notebooks/northwind/sources.ts'
import analysis from './northwind_analysis.ts'

/** The demo of dtflw: from two CSV files to revenue and delays, with a flow as its last step. */
export default flow('northwind', { description: 'Sales of a small trader of food, 1996 to 1998.' })
  .source(ordersFile)
  .source(orderDetailsFile)
  .step(ingestData)
  .step(importData)
  .step(analysis)
