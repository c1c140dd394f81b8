# Nothing reaches a machine from outside: the only rules that let something in are between the machines of this network. To look
# at one, take AWS Systems Manager's sessions, which the machine itself opens.

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_subnet" "machines" {
  for_each = toset(var.availability_zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value
  cidr_block        = cidrsubnet(var.cidr, 4, index(var.availability_zones, each.value))
  # A way out without the hourly price of a NAT gateway; the security groups let nothing in.
  map_public_ip_on_launch = true
  tags                    = { Name = "${var.name}-${each.value}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_route_table" "machines" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_route_table_association" "machines" {
  for_each = aws_subnet.machines

  subnet_id      = each.value.id
  route_table_id = aws_route_table.machines.id
}

# What goes to S3 stays in AWS and costs nothing.
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.this.id
  service_name    = "com.amazonaws.${var.region}.s3"
  route_table_ids = [aws_route_table.machines.id]
}

# No `ingress` at all.
resource "aws_security_group" "machines" {
  name        = "${var.name}-machines"
  description = "workers and the coordinator: out only"
  vpc_id      = aws_vpc.this.id

  egress {
    description = "S3, Temporal, packages"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
