/** The memory of DuckDB's vectors by type: cells of one width, or vectors in vectors. */

import type {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBType,
} from '@duckdb/node-api'
import { TypeId, vectorWidth } from './types.ts'

/** A vector: bytes per cell, or what its cells are made of. */
export type VectorShape = number | NestedShape

export type NestedShape =
  /** Cells are places in one other vector. A map is a list of structs of key and value. */
  | { readonly kind: 'list'; readonly child: VectorShape }
  /** Cells are so many cells of another vector. */
  | { readonly kind: 'array'; readonly size: number; readonly child: VectorShape }
  /** Cells are those of several vectors. */
  | { readonly kind: 'struct'; readonly children: readonly VectorShape[] }

export function vectorShape(type: DuckDBType): VectorShape {
  switch (type.typeId as number) {
    case TypeId.LIST:
      return { kind: 'list', child: vectorShape((type as DuckDBListType).valueType) }
    case TypeId.ARRAY: {
      const { valueType, length } = type as DuckDBArrayType
      return { kind: 'array', size: length, child: vectorShape(valueType) }
    }
    case TypeId.STRUCT:
      return { kind: 'struct', children: (type as DuckDBStructType).entryTypes.map(vectorShape) }
    case TypeId.MAP: {
      const { keyType, valueType } = type as DuckDBMapType
      return {
        kind: 'list',
        child: { kind: 'struct', children: [vectorShape(keyType), vectorShape(valueType)] },
      }
    }
    default:
      return vectorWidth(type)
  }
}
