//! Trials as Parquet: a column is of whole numbers, of numbers, or of texts, whatever all its values are.

use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::Type;

use super::ExportError;
use crate::report::trials::{Field, Sheet};

/// The bytes of a file.
///
/// # Errors
/// What the writer refuses.
pub fn bytes(sheet: &Sheet) -> Result<Vec<u8>, ExportError> {
    write(sheet).map_err(|error| ExportError::Layout(format!("the trials do not make a Parquet file: {error}")))
}

fn write(sheet: &Sheet) -> Result<Vec<u8>, ParquetError> {
    let columns: Vec<(Vec<&Field>, Physical)> = (0..sheet.header.len())
        .map(|column| {
            let fields: Vec<&Field> = sheet.rows.iter().map(|row| &row[column]).collect();
            let kind = kind(&fields);
            (fields, kind)
        })
        .collect();
    let mut nodes = Vec::with_capacity(columns.len());
    for (name, (_, kind)) in sheet.header.iter().zip(&columns) {
        let text = (*kind == Physical::BYTE_ARRAY).then_some(LogicalType::String);
        let node = Type::primitive_type_builder(name, *kind).with_repetition(Repetition::OPTIONAL);
        nodes.push(Arc::new(node.with_logical_type(text).build()?));
    }
    let schema = Arc::new(Type::group_type_builder("trials").with_fields(nodes).build()?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let properties = properties.set_created_by(concat!("caviar ", env!("CARGO_PKG_VERSION")).into()).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for (fields, kind) in &columns {
        match kind {
            Physical::INT64 => column::<Int64Type>(&mut group, fields, |field| match field {
                Field::Whole(n) => *n,
                _ => 0,
            })?,
            Physical::DOUBLE => column::<DoubleType>(&mut group, fields, |field| match field {
                Field::Number(x) => *x,
                Field::Whole(n) => *n as f64,
                _ => f64::NAN,
            })?,
            _ => column::<ByteArrayType>(&mut group, fields, |field| ByteArray::from(field.text().into_bytes()))?,
        }
    }
    group.close()?;
    writer.into_inner()
}

/// The narrowest that holds all values.
fn kind(fields: &[&Field]) -> Physical {
    if fields.iter().any(|field| matches!(field, Field::Text(_))) {
        Physical::BYTE_ARRAY
    } else if fields.iter().all(|field| matches!(field, Field::Whole(_))) {
        Physical::INT64
    } else {
        Physical::DOUBLE
    }
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    fields: &[&Field],
    value: impl Fn(&Field) -> T::T,
) -> Result<(), ParquetError> {
    let there = |field: &Field| *field != Field::None;
    let levels: Vec<i16> = fields.iter().map(|field| i16::from(there(field))).collect();
    let values: Vec<T::T> = fields.iter().filter(|field| there(field)).map(|field| value(field)).collect();
    let writer = group.next_column()?;
    let mut writer = writer.ok_or_else(|| ParquetError::General("a column is one too many".into()))?;
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()
}
