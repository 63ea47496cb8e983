import { flow } from 'sluice'
import productRevenue from '../notebooks/northwind/analysis/product_revenue.ts'
import shippingDelays from '../notebooks/northwind/analysis/shipping_delays.ts'
import { salesOrderItems } from '../notebooks/northwind/import_data.ts'

const year = 1997

/** A flow of its own, and a step of the flow `northwind`. */
export default flow('northwind_analysis', { description: 'What sold and what came late in 1997.' })
  .source(salesOrderItems)
  .step(productRevenue, { args: { year } })
  .step(shippingDelays, { args: { year } })
