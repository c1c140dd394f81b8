# A server of your own, where there is no namespace of Temporal Cloud. Machines of this network alone reach it, at one port.

locals {
  own_temporal = var.temporal_cloud == null ? 1 : 0
}

resource "aws_security_group" "temporal" {
  count = local.own_temporal

  name        = "${var.name}-temporal"
  description = "Temporal, for the machines of this network"
  vpc_id      = aws_vpc.this.id

  ingress {
    description     = "workers, the coordinator"
    from_port       = 7233
    to_port         = 7233
    protocol        = "tcp"
    security_groups = [aws_security_group.machines.id]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_role" "temporal" {
  count = local.own_temporal

  name               = "${var.name}-temporal"
  assume_role_policy = data.aws_iam_policy_document.machines.json
}

resource "aws_iam_role_policy" "temporal_sessions" {
  count = local.own_temporal

  name   = "sessions"
  role   = aws_iam_role.temporal[0].id
  policy = file("${path.module}/policies/sessions.json")
}

resource "aws_iam_instance_profile" "temporal" {
  count = local.own_temporal

  name = "${var.name}-temporal"
  role = aws_iam_role.temporal[0].name
}

resource "aws_instance" "temporal" {
  count = local.own_temporal

  ami                    = var.ami
  instance_type          = var.temporal_type
  subnet_id              = aws_subnet.machines[var.availability_zones[0]].id
  vpc_security_group_ids = [aws_security_group.temporal[0].id]
  iam_instance_profile   = aws_iam_instance_profile.temporal[0].name
  user_data              = file(var.temporal_user_data_file)

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_size = var.temporal_disk_gib
    volume_type = "gp3"
    encrypted   = true
  }

  # Its database is what is lost with it.
  disable_api_termination = true
  tags                    = { Name = "${var.name}-temporal" }

  lifecycle {
    precondition {
      condition     = var.temporal_user_data_file != null
      error_message = "Without temporal_cloud, name temporal_user_data_file."
    }
  }
}
