// The Parquet schema of a table.
import type { SchemaElement } from 'hyparquet';
import type { ColumnType } from '../contract/tables.ts';
import type { Table } from './tables.ts';

export function columnList<Row>(table: Table<Row>): [keyof Row & string, ColumnType][] {
  return Object.entries(table.columns) as [keyof Row & string, ColumnType][];
}

const STRING = { converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;

function leaf(name: string, type: ColumnType): SchemaElement {
  const repetition_type = type.endsWith('?') ? 'OPTIONAL' : 'REQUIRED';
  switch (type) {
    case 'int32':
    case 'int32?':
      return { name, type: 'INT32', repetition_type };
    case 'bool?':
      return { name, type: 'BOOLEAN', repetition_type };
    case 'float32?':
      return { name, type: 'FLOAT', repetition_type };
    case 'string':
    case 'string?':
    case 'strings':
    case 'strings?':
    case 'spans':
      return { name, type: 'BYTE_ARRAY', repetition_type, ...STRING };
  }
}

/** list<struct<start, end>> as Parquet's convention has lists: three levels. */
function spans(name: string): SchemaElement[] {
  return [
    {
      name,
      repetition_type: 'REQUIRED',
      num_children: 1,
      converted_type: 'LIST',
      logical_type: { type: 'LIST' },
    },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', num_children: 2 },
    leaf('start', 'int32'),
    leaf('end', 'int32'),
  ];
}

function elements(name: string, type: ColumnType): SchemaElement[] {
  if (type === 'spans') return spans(name);
  if (type !== 'strings' && type !== 'strings?') return [leaf(name, type)];
  return [
    {
      name,
      repetition_type: type === 'strings' ? 'REQUIRED' : 'OPTIONAL',
      num_children: 1,
      converted_type: 'LIST',
      logical_type: { type: 'LIST' },
    },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    leaf('element', 'string'),
  ];
}

export function schemaOf<Row>(table: Table<Row>): SchemaElement[] {
  const columns = columnList(table);
  return [
    { name: 'schema', num_children: columns.length },
    ...columns.flatMap(([name, type]) => elements(name, type)),
  ];
}
