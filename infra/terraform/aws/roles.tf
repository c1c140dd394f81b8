# One role for each kind of machine, with what it reads and writes and no more. The documents under policies/ are held against
# every request that a job makes, by a test of this repository.

locals {
  documents = {
    trace       = templatefile("${path.module}/policies/trace.json", { bucket = var.bucket })
    coordinator = templatefile("${path.module}/policies/coordinator.json", { bucket = var.bucket })
    llm         = templatefile("${path.module}/policies/llm.json", { bucket = var.bucket })
    operator    = templatefile("${path.module}/policies/operator.json", { bucket = var.bucket })
  }
}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "machines" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "operators" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type = "AWS"
      identifiers = length(var.operator_principals) > 0 ? var.operator_principals : [
        "arn:aws:iam::${data.aws_caller_identity.this.account_id}:root",
      ]
    }
  }
}

resource "aws_iam_role" "machines" {
  for_each = toset(["trace", "coordinator", "llm"])

  name               = "${var.name}-${each.value}"
  assume_role_policy = data.aws_iam_policy_document.machines.json
}

resource "aws_iam_role_policy" "machines" {
  for_each = aws_iam_role.machines

  name   = "bucket"
  role   = each.value.id
  policy = local.documents[each.key]
}

resource "aws_iam_role_policy" "secrets" {
  for_each = length(var.secret_parameters) > 0 ? aws_iam_role.machines : {}

  name = "secrets"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = var.secret_parameters
    }]
  })
}

# Sessions of Systems Manager, instead of a port for ssh. The policy that AWS has for it would let a machine read every
# parameter of the account.
resource "aws_iam_role_policy" "sessions" {
  for_each = aws_iam_role.machines

  name   = "sessions"
  role   = each.value.id
  policy = file("${path.module}/policies/sessions.json")
}

resource "aws_iam_instance_profile" "machines" {
  for_each = aws_iam_role.machines

  name = each.value.name
  role = each.value.name
}

resource "aws_iam_role" "operator" {
  name               = "${var.name}-operator"
  assume_role_policy = data.aws_iam_policy_document.operators.json
}

resource "aws_iam_role_policy" "operator" {
  name   = "bucket"
  role   = aws_iam_role.operator.id
  policy = local.documents.operator
}

# The fleet's loop runs beside the coordinator; an operator may run it too.
resource "aws_iam_role_policy" "fleet" {
  for_each = {
    coordinator = aws_iam_role.machines["coordinator"].id
    operator    = aws_iam_role.operator.id
  }

  name   = "fleet"
  role   = each.value
  policy = templatefile("${path.module}/policies/fleet.json", { group = aws_autoscaling_group.trace.arn })
}
