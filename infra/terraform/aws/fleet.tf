resource "aws_launch_template" "trace" {
  name          = "${var.name}-trace"
  image_id      = var.ami
  instance_type = var.instance_types[0]
  user_data     = filebase64(var.user_data_file)

  iam_instance_profile {
    arn = aws_iam_instance_profile.machines["trace"].arn
  }

  vpc_security_group_ids = [aws_security_group.machines.id]

  metadata_options {
    http_endpoint = "enabled"
    # Version 2 only, and one hop: an answer does not reach a container in a network of its own. Sandboxes have no network at
    # all; the worker reaches it from the network of its host.
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = var.disk_gib
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-trace" }
  }
}

resource "aws_autoscaling_group" "trace" {
  name                = "${var.name}-trace"
  min_size            = 0
  max_size            = var.max_size
  vpc_zone_identifier = [for subnet in aws_subnet.machines : subnet.id]

  # The loop lowers the size by ending one machine by name; the group itself never picks one.
  protect_from_scale_in = true
  # A machine at risk is replaced before it is taken, and drains meanwhile.
  capacity_rebalance = var.spot
  # What an instance does until its worker asks for work is the loop's business.
  health_check_type         = "EC2"
  health_check_grace_period = 600
  default_cooldown          = 0
  suspended_processes       = ["AZRebalance"]

  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity                  = 0
      on_demand_percentage_above_base_capacity = var.spot ? 0 : 100
      spot_allocation_strategy                 = "price-capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.trace.id
        version            = "$Latest"
      }

      dynamic "override" {
        for_each = var.instance_types

        content {
          instance_type = override.value
        }
      }
    }
  }

  # Held until its worker has left; the fleet's loop completes it, and after 300 s it goes on by itself.
  initial_lifecycle_hook {
    name                 = "drain"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    default_result       = "CONTINUE"
    heartbeat_timeout    = 300
  }

  lifecycle {
    # The fleet's loop sets it.
    ignore_changes = [desired_capacity]
  }
}
