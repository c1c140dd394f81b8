# One machine that stays: the roles job and refine, and the fleet's loop. It runs nothing of a corpus.

resource "aws_instance" "coordinator" {
  ami                    = var.ami
  instance_type          = var.coordinator_type
  subnet_id              = aws_subnet.machines[var.availability_zones[0]].id
  vpc_security_group_ids = [aws_security_group.machines.id]
  iam_instance_profile   = aws_iam_instance_profile.machines["coordinator"].name
  user_data              = file(var.coordinator_user_data_file)

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_size = 20
    volume_type = "gp3"
    encrypted   = true
  }

  tags = { Name = "${var.name}-coordinator" }
}
