output "temporal_address" {
  description = "TRACEMILL_TEMPORAL_ADDRESS"
  value       = var.temporal_cloud != null ? var.temporal_cloud : "${aws_instance.temporal[0].private_ip}:7233"
}

output "s3_endpoint" {
  description = "TRACEMILL_S3_ENDPOINT"
  value       = "https://s3.${var.region}.amazonaws.com"
}

output "bucket" {
  description = "TRACEMILL_BUCKET"
  value       = aws_s3_bucket.this.bucket
}

output "group" {
  description = "`provider.group` of the fleet's document"
  value       = aws_autoscaling_group.trace.name
}

output "operator_role" {
  description = "Role to take for launching, steering and deleting"
  value       = aws_iam_role.operator.arn
}

output "coordinator" {
  description = "Instance for `aws ssm start-session --target`"
  value       = aws_instance.coordinator.id
}
